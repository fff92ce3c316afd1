"""maintenance-service: properties `prop_` as ours, severities `low normal high critical`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.work_orders import OpenWorkOrder
from bff_backoffice.domain.dashboard_views import MaintenanceOpen
from bff_backoffice.infrastructure.upstreams.dialect import (
    Dialect,
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

MAINTENANCE_DIALECT: Final = Dialect(upstream="maintenance", property="prop")
BASE: Final = "/api/v1/maintenance/work-orders"
PAGE_ORDERS: Final = 100
OPEN_STATUSES: Final = "open,assigned,in_progress,blocked"


class _Summary(msgspec.Struct, rename="camel"):
    open: int
    by_severity: dict[str, int]


class _WorkOrder(msgspec.Struct, rename="camel"):
    id: str
    title: str
    severity: str
    room_id: str | None = None


class _WorkOrders(msgspec.Struct, rename="camel"):
    items: list[_WorkOrder]
    next_cursor: str | None = None


_SUMMARY: Final = msgspec.json.Decoder(_Summary)
_WORK_ORDERS: Final = msgspec.json.Decoder(_WorkOrders)


class MaintenanceGateway:
    """Implements WorkOrders and maintenance's widget source."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, MAINTENANCE_DIALECT)

    async def open_work_orders(self, scope: CallScope) -> tuple[OpenWorkOrder, ...]:
        """Return what is open; see WorkOrders."""
        query = {
            "propertyId": MAINTENANCE_DIALECT.property_sent(scope),
            "status": OPEN_STATUSES,
            "limit": str(PAGE_ORDERS),
        }

        async def read_page(cursor: str | None) -> PageRead[_WorkOrder]:
            page = await self._reader.get(
                BASE, _WORK_ORDERS, scope=scope, query=with_cursor(query, cursor)
            )
            return PageRead(page.items, page.next_cursor)

        orders = await all_pages(read_page)
        return tuple(
            OpenWorkOrder(
                id=order.id,
                title=order.title,
                severity=order.severity,
                room_id=MAINTENANCE_DIALECT.our_room_or_none(order.room_id),
            )
            for order in orders
        )

    async def open_views(self, scope: CallScope) -> Views:
        """Return the open work by severity."""
        summary = await self._reader.get(
            f"{BASE}/summary",
            _SUMMARY,
            scope=scope,
            query={"propertyId": MAINTENANCE_DIALECT.property_sent(scope)},
        )
        return {
            "maintenance_open": MaintenanceOpen(total=summary.open, by_severity=summary.by_severity)
        }
