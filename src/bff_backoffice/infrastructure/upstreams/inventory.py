"""inventory-service: snake_case rows, rooms `rom_`, room types `rty_`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import Occupancy
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

INVENTORY_DIALECT: Final = Dialect(upstream="inventory", room="rom", room_type="rty")


class _Occupancy(msgspec.Struct):
    stay_date: str
    total: int
    committed: int
    oos_blocked: int
    available: int
    occupancy_percent: float = msgspec.field(name="occupancyPercent")


_OCCUPANCY: Final = msgspec.json.Decoder(_Occupancy)


class InventoryGateway:
    """How full the house is."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, INVENTORY_DIALECT)

    async def occupancy_views(self, scope: CallScope) -> Views:
        """Return the open day's occupancy."""
        day = await self._reader.get(
            "/api/v1/inventory/occupancy",
            _OCCUPANCY,
            scope=scope,
            query={"propertyId": INVENTORY_DIALECT.property_sent(scope)},
        )
        return {
            "occupancy": Occupancy(
                business_date=day.stay_date,
                percent=day.occupancy_percent,
                sold=day.committed,
                available=day.available,
                out_of_order=day.oos_blocked,
                total=day.total,
            )
        }
