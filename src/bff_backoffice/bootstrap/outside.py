"""The things outside the process: stores and upstreams. Nothing connects before it is used."""

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from bff_backoffice.bootstrap.settings import ApiStoreSettings, UpstreamSettings
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.redis.connection import OnConnect, SharedRedisConnection
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES, UpstreamName
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport
from bff_backoffice.telemetry.tracing import Tracer
from bff_backoffice.telemetry.upstream_telemetry import UpstreamTelemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideThings:
    """What the API leans on."""

    database: Database
    session_tier: SharedRedisConnection
    cache_tier: SharedRedisConnection
    upstreams: UpstreamHttpClient


def open_outside_things(
    stores: ApiStoreSettings,
    upstreams: UpstreamHttpClient,
    stack: AsyncExitStack,
    *,
    on_session_tier_connect: OnConnect,
) -> OutsideThings:
    """Build the stores' adapters and have the stack close them again."""
    database = Database(stores.postgres_api_url, PoolPolicy(application_name="bff-api"))
    stack.push_async_callback(database.close)
    session_tier = SharedRedisConnection(
        stores.redis_session_url, name="session", on_connect=on_session_tier_connect
    )
    stack.push_async_callback(session_tier.close)
    cache_tier = SharedRedisConnection(stores.redis_cache_url, name="cache")
    stack.push_async_callback(cache_tier.close)
    return OutsideThings(
        database=database,
        session_tier=session_tier,
        cache_tier=cache_tier,
        upstreams=upstreams,
    )


def open_upstreams(
    settings: UpstreamSettings,
    clock: Clock,
    registry: CollectorRegistry,
    stack: AsyncExitStack,
    *,
    tracer: Tracer,
) -> UpstreamHttpClient:
    """Build the client of all upstreams and have the stack close it again."""
    upstreams = UpstreamHttpClient(
        origins=upstream_origins(settings),
        policies=POLICIES,
        identity=MountedServiceIdentity(settings.service_identity_token),
        transport=HttpTransport(),
        observer=UpstreamTelemetry(registry),
        clock=clock,
        random=random.random,
        tracer=tracer,
    )
    stack.push_async_callback(upstreams.close)
    return upstreams


def upstream_origins(settings: UpstreamSettings) -> Mapping[UpstreamName, str]:
    """Return each upstream's origin by its name."""
    return {
        name: getattr(settings, f"upstream_{name.replace('-', '_')}_url") for name in UPSTREAM_NAMES
    }
