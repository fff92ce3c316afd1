"""housekeeping-service: properties `prp_`, rooms `rom_`, KPI names in snake_case."""

from collections.abc import Mapping
from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import (
    HousekeepingKpis,
    HousekeepingTasks,
    RoomReadiness,
)
from bff_backoffice.domain.workbench import HousekeptRoom, RoomStatus
from bff_backoffice.infrastructure.upstreams.dialect import (
    Dialect,
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

HOUSEKEEPING_DIALECT: Final = Dialect(upstream="housekeeping", property="prp", room="rom")
BASE: Final = "/api/v1/housekeeping"
PAGE_ROOMS: Final = 500
OPEN_TASKS: Final = ("pending", "assigned", "in_progress", "paused")


class _Kpis(msgspec.Struct):
    pending_tasks_at_arrival_window: int
    arrival_window_minutes: int = 90
    time_to_ready: float | None = None
    linen_runway_minutes: float | None = None


class _Board(msgspec.Struct, rename="camel"):
    kpis: _Kpis
    rooms_by_status: dict[RoomStatus, int]
    tasks_by_status: dict[str, int]
    urgent_tasks: int


class _Room(msgspec.Struct, rename="camel"):
    room_id: str
    status: RoomStatus
    number: str | None = None


class _Rooms(msgspec.Struct, rename="camel"):
    items: list[_Room]
    next_cursor: str | None = None


_BOARD: Final = msgspec.json.Decoder(_Board)
_ROOMS: Final = msgspec.json.Decoder(_Rooms)


class HousekeepingGateway:
    """Implements HousekeptRooms and housekeeping's widget source."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, HOUSEKEEPING_DIALECT)

    async def rooms(self, scope: CallScope) -> Mapping[str, HousekeptRoom]:
        """Return each room by our room id; see HousekeptRooms."""
        query = {
            "propertyId": HOUSEKEEPING_DIALECT.property_sent(scope),
            "limit": str(PAGE_ROOMS),
        }

        async def read_page(cursor: str | None) -> PageRead[_Room]:
            page = await self._reader.get(
                f"{BASE}/rooms", _ROOMS, scope=scope, query=with_cursor(query, cursor)
            )
            return PageRead(page.items, page.next_cursor)

        return {
            HOUSEKEEPING_DIALECT.our_room(room.room_id): HousekeptRoom(
                status=room.status, number=room.number
            )
            for room in await all_pages(read_page)
        }

    async def board_views(self, scope: CallScope) -> Views:
        """Return what housekeeping's board counts."""
        board = await self._reader.get(
            f"{BASE}/board",
            _BOARD,
            scope=scope,
            query={"propertyId": HOUSEKEEPING_DIALECT.property_sent(scope)},
        )
        rooms, tasks = board.rooms_by_status, board.tasks_by_status
        return {
            "room_readiness": RoomReadiness(
                total=sum(rooms.values()), ready=rooms.get("ready", 0), by_status=rooms
            ),
            "housekeeping_kpis": HousekeepingKpis(
                pending_tasks_in_arrival_window=board.kpis.pending_tasks_at_arrival_window,
                arrival_window_minutes=board.kpis.arrival_window_minutes,
                time_to_ready_minutes=board.kpis.time_to_ready,
                linen_runway_minutes=board.kpis.linen_runway_minutes,
            ),
            "housekeeping_tasks": HousekeepingTasks(
                open=sum(tasks.get(status, 0) for status in OPEN_TASKS),
                by_status=tasks,
                urgent=board.urgent_tasks,
            ),
        }
