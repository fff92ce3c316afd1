"""Settings → adapters → use cases, in order of need. Reads top to bottom."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry

from bff_backoffice.application.health.check import HealthCheck
from bff_backoffice.application.lock_audit.read_lock_audit import ReadLockAudit
from bff_backoffice.bootstrap.access import AccessParts, AccessServices, RunGuard, build_access
from bff_backoffice.bootstrap.mutations import (
    MutationParts,
    MutationServices,
    build_mutation_services,
)
from bff_backoffice.bootstrap.outside import OutsideThings, open_outside_things, open_upstreams
from bff_backoffice.bootstrap.settings import (
    AccessSettings,
    ApiStoreSettings,
    HttpSettings,
    ServiceSettings,
    TraceSettings,
    UpstreamSettings,
)
from bff_backoffice.bootstrap.store_measuring import StoreMeasuring
from bff_backoffice.bootstrap.traces import open_tracer
from bff_backoffice.bootstrap.views import ViewParts, ViewServices, build_view_services
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.infrastructure.postgres.lock_audits import PostgresLockAudits
from bff_backoffice.infrastructure.signing.cursors import MacCursors
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry
from bff_backoffice.telemetry.request_telemetry import RequestTelemetry
from bff_backoffice.telemetry.store_telemetry import StoreTelemetry

MUTATION_DRAIN_SECONDS: Final = 3.0
"""An action outlives the request that asked for it; what is cut off is settled by the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """All groups the API reads."""

    service: ServiceSettings
    http: HttpSettings
    access: AccessSettings
    upstreams: UpstreamSettings
    stores: ApiStoreSettings
    traces: TraceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the web application needs, ready to use."""

    access: AccessServices
    mutations: MutationServices
    views: ViewServices
    read_lock_audit: ReadLockAudit
    health: HealthCheck
    telemetry: RequestTelemetry
    stores: StoreMeasuring
    log: LogEvents
    clock: Clock


@asynccontextmanager
async def build_services(
    settings: ApiSettings, clock: Clock, registry: CollectorRegistry, log: LogEvents
) -> AsyncGenerator[Services]:
    """Build everything, and take it down in the opposite order. Connects to nothing yet."""
    async with AsyncExitStack() as stack:
        run_guard = RunGuard()
        tracer = open_tracer(settings.service, settings.traces, clock, stack)
        upstreams = open_upstreams(settings.upstreams, clock, registry, stack, tracer=tracer)
        outside = open_outside_things(
            settings.stores, upstreams, stack, on_session_tier_connect=run_guard.check
        )
        access = build_access(
            AccessParts(
                outside=outside,
                access=settings.access,
                http=settings.http,
                environment=settings.service.environment,
                run_guard=run_guard,
                clock=clock,
            ),
            stack,
        )
        views = build_view_services(
            ViewParts(
                upstreams=upstreams,
                cache_tier=outside.cache_tier,
                cursor_key=settings.stores.cursor_key,
                registry=registry,
                log=log,
                clock=clock,
            ),
            stack,
        )
        mutations = build_mutation_services(
            MutationParts(
                database=outside.database,
                upstreams=upstreams,
                stored_answer_key=settings.stores.stored_answer_key,
                producer_instance=settings.service.producer_instance,
                observer=MutationTelemetry(registry, tracer),
                clock=clock,
            ),
            views.cache,
        )
        _drain_at_the_end(mutations, clock, stack)
        yield Services(
            access=access,
            mutations=mutations,
            views=views,
            read_lock_audit=ReadLockAudit(
                PostgresLockAudits(outside.database), MacCursors(settings.stores.cursor_key)
            ),
            health=_health_check(outside, access),
            telemetry=RequestTelemetry(metrics=ApiMetrics(registry), log=log, tracer=tracer),
            stores=StoreMeasuring(
                database=outside.database,
                redis=(outside.session_tier, outside.cache_tier),
                telemetry=StoreTelemetry(registry),
            ),
            log=log,
            clock=clock,
        )


def _drain_at_the_end(mutations: MutationServices, clock: Clock, stack: AsyncExitStack) -> None:
    async def drain() -> None:
        await mutations.running.drain(Deadline.after(MUTATION_DRAIN_SECONDS, clock))

    stack.push_async_callback(drain)


def _health_check(outside: OutsideThings, access: AccessServices) -> HealthCheck:
    pings = {
        "postgres": outside.database.ping,
        "redis-session": outside.session_tier.ping,
        "redis-cache": outside.cache_tier.ping,
    }
    return HealthCheck(pings, access.signing_keys.keep_fresh)
