"""The API document of this very program: its real wiring, asked for its routes."""

from typing import Final

from prometheus_client import CollectorRegistry

from bff_backoffice.bootstrap.api import all_routes
from bff_backoffice.bootstrap.services import ApiSettings, build_services
from bff_backoffice.bootstrap.settings import (
    AccessSettings,
    ApiStoreSettings,
    HttpSettings,
    ServiceSettings,
    TraceSettings,
    UpstreamSettings,
    load,
)
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.infrastructure.upstreams.policy import UPSTREAM_NAMES
from bff_backoffice.presentation.openapi import build_document
from bff_backoffice.presentation.yaml_text import write_yaml
from bff_backoffice.telemetry.log_events import LogEvents

API_VERSION: Final = "0.1.0"
_NOWHERE: Final = "https://nowhere.invalid"
_NO_KEY: Final = "A" * 43
_STORES: Final = "BFF_POSTGRES_API_URL", "BFF_REDIS_SESSION_URL", "BFF_REDIS_CACHE_URL"
_KEYS: Final = "BFF_NONCE_KEY", "BFF_STORED_ANSWER_KEY", "BFF_CURSOR_KEY"


async def api_document() -> str:
    """Return the OpenAPI document as YAML. Building the services connects to nothing."""
    settings = _settings_for_reading()
    clock = SystemClock()
    log = LogEvents(clock)
    async with build_services(settings, clock, CollectorRegistry(), log) as services:
        routes = all_routes(services, settings)
    return write_yaml(build_document(routes, version=API_VERSION))


def _settings_for_reading() -> ApiSettings:
    """Return settings that lead nowhere: routes do not depend on them."""
    environment = {
        "BFF_ENVIRONMENT": "document",
        "BFF_PRODUCER_INSTANCE": "document",
        "BFF_PUBLIC_ORIGINS": _NOWHERE,
        "BFF_ISSUER": _NOWHERE,
        "BFF_AUDIENCE": "document",
        "BFF_SERVICE_IDENTITY_TOKEN": "document",
        **dict.fromkeys(_STORES, "redis://nowhere.invalid/0"),
        **dict.fromkeys(_KEYS, _NO_KEY),
        **{
            f"BFF_UPSTREAM_{name.upper().replace('-', '_')}_URL": _NOWHERE
            for name in UPSTREAM_NAMES
        },
    }
    return ApiSettings(
        traces=TraceSettings(),
        service=load(ServiceSettings, environment),
        http=load(HttpSettings, environment),
        access=load(AccessSettings, environment),
        upstreams=load(UpstreamSettings, environment),
        stores=load(ApiStoreSettings, environment),
    )
