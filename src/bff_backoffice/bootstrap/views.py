"""Dashboard and workbench, put together: gateways → sources → use cases."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry

from bff_backoffice.application.dashboard.compose import ComposeDashboard
from bff_backoffice.application.dashboard.maintenance_overlap import MaintenanceOverlapSource
from bff_backoffice.application.dashboard.property_names import NameProperties
from bff_backoffice.application.dashboard.shared_tenant_settings import SharedTenantSettings
from bff_backoffice.application.dashboard.sources import Source, SourceLoader
from bff_backoffice.application.dashboard.suggestion_views import SuggestionViewsSource
from bff_backoffice.application.ports.dashboard_sources import WidgetSource
from bff_backoffice.application.ports.redis_commands import RedisCommands
from bff_backoffice.application.workbench.arrivals import ReadArrivals
from bff_backoffice.application.workbench.locks import ReadLocks
from bff_backoffice.domain.dashboard import SourceName
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.cache.memory_tier import MemoryTier
from bff_backoffice.infrastructure.cache.redis_tier import RedisTier
from bff_backoffice.infrastructure.cache.tiered import TieredViewCache
from bff_backoffice.infrastructure.signing.cursors import MacCursors
from bff_backoffice.infrastructure.upstreams.ai_orchestrator import AiOrchestratorGateway
from bff_backoffice.infrastructure.upstreams.analytics import AnalyticsGateway
from bff_backoffice.infrastructure.upstreams.billing import BillingGateway
from bff_backoffice.infrastructure.upstreams.housekeeping import HousekeepingGateway
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.inventory import InventoryGateway
from bff_backoffice.infrastructure.upstreams.lock_integration import LockIntegrationGateway
from bff_backoffice.infrastructure.upstreams.maintenance import MaintenanceGateway
from bff_backoffice.infrastructure.upstreams.notification import NotificationGateway
from bff_backoffice.infrastructure.upstreams.payment import PaymentGateway
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UpstreamName
from bff_backoffice.infrastructure.upstreams.pricing import PricingGateway
from bff_backoffice.infrastructure.upstreams.property import PropertyGateway
from bff_backoffice.infrastructure.upstreams.reservation import ReservationGateway
from bff_backoffice.infrastructure.upstreams.staff import StaffGateway
from bff_backoffice.infrastructure.upstreams.tenant import TenantGateway
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.view_telemetry import CacheTelemetry, DashboardTelemetry

PROPERTY_KEPT_SECONDS: Final = 24 * 3600.0
"""Its time zone tells today's date on the first line long after its business date is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewParts:
    """What the views lean on."""

    upstreams: UpstreamHttpClient
    cache_tier: RedisCommands
    cursor_key: SecretText
    registry: CollectorRegistry
    log: LogEvents
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewServices:
    """The use cases that show things. `cache` is told by those who change things."""

    compose_dashboard: ComposeDashboard
    read_arrivals: ReadArrivals
    read_locks: ReadLocks
    name_properties: NameProperties
    cache: TieredViewCache


def build_view_services(parts: ViewParts, stack: AsyncExitStack) -> ViewServices:
    """Build the views; the stack ends the fetches that are still under way."""
    cache = view_cache(parts.cache_tier, parts.clock, parts.registry, stack)
    telemetry = DashboardTelemetry(parts.registry, parts.log)
    client = parts.upstreams
    tenants = SharedTenantSettings(
        TenantGateway(client), cache, deadline_seconds=_deadline("tenant")
    )
    return ViewServices(
        compose_dashboard=ComposeDashboard(
            loader=build_source_loader(client, cache, telemetry, tenants),
            observer=telemetry,
            clock=parts.clock,
        ),
        read_arrivals=ReadArrivals(
            reservations=ReservationGateway(client),
            rooms=HousekeepingGateway(client),
            balances=BillingGateway(client),
            cache=cache,
            cursors=MacCursors(parts.cursor_key),
        ),
        read_locks=ReadLocks(LockIntegrationGateway(client), MacCursors(parts.cursor_key)),
        name_properties=NameProperties(tenants),
        cache=cache,
    )


def view_cache(
    cache_tier: RedisCommands, clock: Clock, registry: CollectorRegistry, stack: AsyncExitStack
) -> TieredViewCache:
    """Build the process's view cache; the stack ends the fetches that are still under way."""
    counted = CacheTelemetry(registry)
    cache = TieredViewCache(
        memory=MemoryTier(),
        shared=RedisTier(cache_tier, clock, on_failure=counted.shared_tier_failed),
        observer=counted,
        clock=clock,
    )
    stack.push_async_callback(cache.close)
    return cache


def build_source_loader(
    client: UpstreamHttpClient,
    cache: TieredViewCache,
    telemetry: DashboardTelemetry,
    tenants: SharedTenantSettings,
) -> SourceLoader:
    """Return every source of the dashboard, each with its upstream's own deadline."""
    reservation, billing = ReservationGateway(client), BillingGateway(client)
    maintenance = MaintenanceGateway(client)
    suggestions = SuggestionViewsSource(AiOrchestratorGateway(client), tenants, telemetry)
    loader = SourceLoader(
        cache,
        (
            Source(
                name="property",
                topics=("property",),
                read=PropertyGateway(client).property_views,
                deadline_seconds=_deadline("property"),
                varies_by_locale=True,
                kept_seconds=PROPERTY_KEPT_SECONDS,
            ),
            _source("arrivals", "reservation", reservation.arrivals_views),
            _source("departures", "reservation", reservation.departures_views),
            _source("in_house", "reservation", reservation.in_house_views),
            _source("housekeeping", "housekeeping", HousekeepingGateway(client).board_views),
            _source("inventory", "inventory", InventoryGateway(client).occupancy_views),
            _source("pricing", "pricing", PricingGateway(client).rate_views),
            _source("analytics", "analytics", AnalyticsGateway(client).metric_views),
            _source("folio_exceptions", "billing", billing.exception_views),
            _source("end_of_day", "billing", billing.end_of_day_views),
            _source("cash_drawer", "billing", billing.drawer_views),
            _source("payments", "payment", PaymentGateway(client).pending_views),
            _source("maintenance", "maintenance", maintenance.open_views),
            _source("locks", "lock-integration", LockIntegrationGateway(client).health_views),
            _source("staff", "staff", StaffGateway(client).staffing_views),
            _source("alerts", "notification", NotificationGateway(client).alert_views),
            Source(
                name="suggestions",
                topics=("ai-orchestrator", "tenant"),
                read=suggestions,
                deadline_seconds=_deadline("ai-orchestrator"),
                varies_by_profile=True,
                # What an older compliance profile let through is not shown under a new one.
                outlives_changes=False,
            ),
        ),
        tenants=tenants,
    )
    loader.add(
        Source(
            name="maintenance_overlap",
            topics=("maintenance", "reservation"),
            read=MaintenanceOverlapSource(maintenance, loader),
            deadline_seconds=_deadline("reservation"),
        )
    )
    return loader


def _source(name: SourceName, upstream: UpstreamName, read: WidgetSource) -> Source:
    return Source(name=name, topics=(upstream,), read=read, deadline_seconds=_deadline(upstream))


def _deadline(upstream: UpstreamName) -> float:
    return POLICIES[upstream, "read"].deadline_seconds
