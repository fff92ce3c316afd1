"""The service's environment on this machine, its secrets as mounted files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.addresses import BASE_PATH, Addresses
from sandbox.generated_secrets import GeneratedSecrets, write_private_file
from sandbox.ports import LOOPBACK
from sandbox.postgres_server import OWNER
from sandbox.state_directory import StateDirectory
from sandbox.stores import Stores

AUDIENCE: Final = "bff-backoffice"
SERVICE_IDENTITY: Final = "BFF_SERVICE_IDENTITY_TOKEN"
OWNER_URL: Final = "BFF_POSTGRES_OWNER_URL"
# The balancer asks four times a second; a second failed question puts an instance out.
_DRAIN_NOTICE_SECONDS: Final = 1
_KEYS: Final = ("BFF_STORED_ANSWER_KEY", "BFF_CURSOR_KEY", "BFF_NONCE_KEY")
_UPSTREAMS_ON_ONE_PORT: Final = (
    "tenant",
    "property",
    "reservation",
    "inventory",
    "pricing",
    "housekeeping",
    "maintenance",
    "billing",
    "lock-integration",
    "ai-orchestrator",
    "notification",
    "sync",
    "staff",
    "analytics",
    "payment",
)


def service_environment(
    state: StateDirectory, addresses: Addresses, *, workers: int
) -> dict[str, str]:
    """Return what every process of the service is given; an API instance adds its own ports."""
    public = {
        "BFF_ENVIRONMENT": "sandbox",
        "BFF_HTTP_HOST": LOOPBACK,
        "BFF_HTTP_WORKERS": str(workers),
        "BFF_DRAIN_NOTICE_SECONDS": str(_DRAIN_NOTICE_SECONDS if addresses.instances > 1 else 0),
        "BFF_WORKER_METRICS_PORT": str(addresses.ports["worker-metrics"]),
        "BFF_PUBLIC_ORIGINS": ",".join(addresses.public_origins),
        "BFF_CORS_ORIGINS": addresses.origin("client"),
        "BFF_ISSUER": addresses.origin("iam"),
        "BFF_AUDIENCE": AUDIENCE,
        "BFF_UPSTREAM_IAM_URL": addresses.origin("iam"),
    }
    upstreams = {
        f"BFF_UPSTREAM_{name.upper().replace('-', '_')}_URL": (
            f"{addresses.origin('upstreams')}/{name}"
        )
        for name in _UPSTREAMS_ON_ONE_PORT
    }
    mounted = {f"{name}_FILE": str(state.secret_files / name) for name in secret_names()}
    return {**public, **upstreams, **mounted, **instance_environment(addresses, "api")}


def instance_environment(addresses: Addresses, name: str) -> dict[str, str]:
    """Return what one API instance is given beside."""
    return {
        "BFF_HTTP_PORT": str(addresses.ports[name]),
        "BFF_METRICS_PORT": str(addresses.ports[f"{name}-metrics"]),
        "BFF_PRODUCER_INSTANCE": f"sandbox-{name}",
    }


def secret_names() -> tuple[str, ...]:
    """Name the secrets the running service needs; the owner's URL is the migration's alone."""
    return (
        SERVICE_IDENTITY,
        *_KEYS,
        "BFF_POSTGRES_API_URL",
        "BFF_POSTGRES_WORKER_URL",
        "BFF_POSTGRES_RETENTION_URL",
        "BFF_REDIS_SESSION_URL",
        "BFF_REDIS_CACHE_URL",
        "BFF_BROKER_URL",
    )


def mount_secrets(folder: Path, stores: Stores, generated: GeneratedSecrets) -> None:
    """Write one file per secret, mode 0600."""
    secrets: Mapping[str, str] = {
        SERVICE_IDENTITY: generated.key(SERVICE_IDENTITY),
        **{name: generated.key(name) for name in _KEYS},
        OWNER_URL: stores.postgres.url(OWNER),
        "BFF_POSTGRES_API_URL": stores.postgres.url("bff_api"),
        "BFF_POSTGRES_WORKER_URL": stores.postgres.url("bff_worker"),
        "BFF_POSTGRES_RETENTION_URL": stores.postgres.url("bff_retention"),
        "BFF_REDIS_SESSION_URL": stores.session_tier.url,
        "BFF_REDIS_CACHE_URL": stores.cache_tier.url,
        "BFF_BROKER_URL": stores.broker.url,
    }
    for name, secret in secrets.items():
        write_private_file(folder / name, secret.encode())


def simulator_environment(
    state: StateDirectory, addresses: Addresses, *, broker_url: str
) -> dict[str, str]:
    """Return what the upstream simulator is given."""
    refresh = (f"{BASE_PATH}/auth/refresh", f"/api{BASE_PATH}/auth/refresh")
    return {
        "SIM_STATE_DIR": str(state.simulator),
        "SIM_IAM_PORT": str(addresses.ports["iam"]),
        "SIM_UPSTREAMS_PORT": str(addresses.ports["upstreams"]),
        "SIM_ADMIN_PORT": str(addresses.ports["simulator-admin"]),
        "SIM_IAM_ORIGIN": addresses.origin("iam"),
        "SIM_AUDIENCE": AUDIENCE,
        "SIM_CORS_ORIGINS": addresses.origin("client"),
        "SIM_BFF_REFRESH_URLS": ",".join(
            origin + path for origin in addresses.public_origins for path in refresh
        ),
        "SIM_SERVICE_IDENTITY_TOKEN_FILE": str(state.secret_files / SERVICE_IDENTITY),
        "SIM_BROKER_URL": broker_url,
    }
