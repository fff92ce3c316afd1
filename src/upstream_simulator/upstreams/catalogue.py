"""Every upstream on the shared port."""

from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.ai_orchestrator import ai_orchestrator_upstream
from upstream_simulator.upstreams.analytics import analytics_upstream
from upstream_simulator.upstreams.billing import billing_upstream
from upstream_simulator.upstreams.housekeeping import housekeeping_upstream
from upstream_simulator.upstreams.inventory import inventory_upstream
from upstream_simulator.upstreams.lock_integration import lock_integration_upstream
from upstream_simulator.upstreams.maintenance import maintenance_upstream
from upstream_simulator.upstreams.notification import notification_upstream
from upstream_simulator.upstreams.payment import payment_upstream
from upstream_simulator.upstreams.pricing import pricing_upstream
from upstream_simulator.upstreams.property import property_upstream
from upstream_simulator.upstreams.reservation import reservation_upstream
from upstream_simulator.upstreams.staff import staff_upstream
from upstream_simulator.upstreams.sync import sync_upstream
from upstream_simulator.upstreams.tenant import tenant_upstream


def all_upstreams(sessions: Sessions) -> tuple[Upstream, ...]:
    """Return them all but iam, which has a port of its own."""
    return (
        tenant_upstream(sessions),
        property_upstream(),
        reservation_upstream(),
        inventory_upstream(),
        pricing_upstream(),
        housekeeping_upstream(),
        maintenance_upstream(),
        billing_upstream(),
        lock_integration_upstream(),
        ai_orchestrator_upstream(),
        notification_upstream(),
        sync_upstream(),
        staff_upstream(),
        analytics_upstream(),
        payment_upstream(),
    )
