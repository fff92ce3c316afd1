"""Every upstream on the shared port."""

from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.property import property_upstream
from upstream_simulator.upstreams.reservation import reservation_upstream
from upstream_simulator.upstreams.tenant import tenant_upstream


def all_upstreams(sessions: Sessions) -> tuple[Upstream, ...]:
    """Return them all but iam, which has a port of its own."""
    return (
        tenant_upstream(sessions),
        property_upstream(),
        reservation_upstream(),
    )
