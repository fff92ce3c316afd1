"""Reading maintenance's open work."""

from dataclasses import dataclass
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWorkOrder:
    """Work that is not done yet."""

    id: str
    title: str
    severity: str
    room_id: str | None


class WorkOrders(Protocol):
    """Maintenance's work orders."""

    async def open_work_orders(self, scope: CallScope) -> tuple[OpenWorkOrder, ...]:
        """Return what is open. Raises UpstreamFailure or NotFoundUpstream."""
        ...
