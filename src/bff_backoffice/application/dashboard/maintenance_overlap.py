"""Open maintenance in rooms that somebody arrives in today."""

import asyncio
from typing import Final

import msgspec

from bff_backoffice.application.dashboard.sources import SourceLoader, bodies_of
from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.work_orders import WorkOrders
from bff_backoffice.domain.dashboard_views import (
    ArrivingRooms,
    MaintenanceOverlap,
    OverlappingWork,
)

SHOWN_MAX: Final = 20
_ROOMS: Final = msgspec.json.Decoder(ArrivingRooms)


class MaintenanceOverlapSource:
    """Joins maintenance's open work with the arrivals that the dashboard has anyway."""

    def __init__(self, work_orders: WorkOrders, loader: SourceLoader) -> None:
        self._work_orders = work_orders
        self._loader = loader

    async def __call__(self, scope: CallScope) -> Views:
        """Return the overlap. Raises UpstreamFailure where either side gives nothing."""
        orders, arrivals = await asyncio.gather(
            self._work_orders.open_work_orders(scope),
            self._loader.load("arrivals", scope),
            return_exceptions=True,
        )
        if isinstance(orders, BaseException):
            raise orders
        if isinstance(arrivals, BaseException):
            raise arrivals
        body = bodies_of(arrivals).get("arriving_rooms")
        if body is None:
            return {}
        reservation_by_room = _ROOMS.decode(body).reservation_by_room
        found = [
            OverlappingWork(
                work_order_id=order.id,
                title=order.title,
                severity=order.severity,
                room_id=order.room_id,
                reservation_id=reservation_by_room[order.room_id],
            )
            for order in orders
            if order.room_id is not None and order.room_id in reservation_by_room
        ]
        return {
            "maintenance_overlap": MaintenanceOverlap(
                count=len(found), items=tuple(found[:SHOWN_MAX])
            )
        }
