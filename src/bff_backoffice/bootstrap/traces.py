"""The tracer, where an endpoint is set."""

import random
from contextlib import AsyncExitStack
from ipaddress import ip_address
from urllib.parse import urlsplit

from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.bootstrap.settings import SANDBOX, ServiceSettings, TraceSettings
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.telemetry.tracing import NO_TRACER, Tracer


def refuse_unsafe_traces(service: ServiceSettings, traces: TraceSettings) -> None:
    """Refuse a share that is none, and spans that would cross a network in the clear."""
    if not 0.0 <= traces.traces_sampled_share <= 1.0:
        raise SettingsRefused("BFF_TRACES_SAMPLED_SHARE is not between 0 and 1")
    if not traces.traces_endpoint:
        return
    try:
        parts = urlsplit(traces.traces_endpoint)
        host = parts.hostname or ""
    except ValueError:
        raise SettingsRefused("BFF_TRACES_ENDPOINT is not a URL") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise SettingsRefused("BFF_TRACES_ENDPOINT is not a plain http or https URL")
    if parts.scheme == "http" and not _is_this_host(host) and service.environment != SANDBOX:
        raise SettingsRefused("BFF_TRACES_ENDPOINT: http only to a collector on this host")


def _is_this_host(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def open_tracer(
    service: ServiceSettings,
    traces: TraceSettings,
    clock: Clock,
    stack: AsyncExitStack,
) -> Tracer:
    """Return the tracer and have the stack send what is queued at the end."""
    if not traces.traces_endpoint:
        return NO_TRACER
    # Only here: 10 MiB and a tenth of a second that a process without traces need not pay.
    from bff_backoffice.telemetry.otlp_tracing import (  # noqa: PLC0415 - see above
        OtlpTracer,
        otlp_exporter,
    )

    tracer = OtlpTracer(
        otlp_exporter(traces.traces_endpoint),
        instance=service.producer_instance,
        sampled_share=traces.traces_sampled_share,
        random=random.random,
        clock=clock,
    )
    stack.callback(tracer.close)
    return tracer
