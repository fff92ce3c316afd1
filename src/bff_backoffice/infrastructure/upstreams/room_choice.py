"""What three upstreams know that decides on a room, each in its own dialect."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bff_backoffice.application.ports.room_choice import NumberedRoom, StayRoom
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.foundation.identifiers import ReservationId, RoomId, is_identifier
from bff_backoffice.infrastructure.upstreams.dialect import (
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.housekeeping import BASE as HOUSEKEEPING_BASE
from bff_backoffice.infrastructure.upstreams.housekeeping import HOUSEKEEPING_DIALECT
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.property import PROPERTY_DIALECT
from bff_backoffice.infrastructure.upstreams.reservation import BASE as RESERVATION_BASE
from bff_backoffice.infrastructure.upstreams.reservation import RESERVATION_DIALECT

PAGE_ROOMS: Final = "500"


class _Stay(msgspec.Struct, rename="camel"):
    property_id: str
    room_type_id: str
    room_id: str | None = None


class _ReadyRoom(msgspec.Struct, rename="camel"):
    room_id: str
    number: str
    occupied: bool


class _ReadyPage(msgspec.Struct, rename="camel"):
    items: list[_ReadyRoom]
    next_cursor: str | None = None


class _Room(msgspec.Struct, rename="camel"):
    id: str
    room_type_id: str
    status: str


class _RoomPage(msgspec.Struct, rename="camel"):
    items: list[_Room]
    next_cursor: str | None = None


_STAY: Final = msgspec.json.Decoder(_Stay)
_READY: Final = msgspec.json.Decoder(_ReadyPage)
_ROOMS: Final = msgspec.json.Decoder(_RoomPage)


class RoomChoiceGateway:
    """Implements StayRooms, ReadyRooms and RoomTypes."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reservation = Reader(client, RESERVATION_DIALECT)
        self._housekeeping = Reader(client, HOUSEKEEPING_DIALECT)
        self._property = Reader(client, PROPERTY_DIALECT)

    async def stay_room(self, reservation_id: ReservationId, scope: CallScope) -> StayRoom:
        """Return the reservation's room and type; another property's is as good as missing."""
        if not is_identifier(reservation_id, "rsv"):
            raise NotFoundUpstream("reservation")
        path = f"{RESERVATION_BASE}/{reservation_id}"
        stay = await self._reservation.get(path, _STAY, scope=scope)
        if stay.property_id != RESERVATION_DIALECT.property_sent(scope):
            raise NotFoundUpstream("reservation")
        room_id = RESERVATION_DIALECT.our_room_or_none(stay.room_id)
        return StayRoom(
            room_id=None if room_id is None else RoomId(room_id),
            room_type_id=RESERVATION_DIALECT.our_room_type(stay.room_type_id),
        )

    async def ready_rooms(self, scope: CallScope) -> Sequence[NumberedRoom]:
        """Return the rooms that are ready and empty, in order of their numbers."""
        query = {
            "propertyId": HOUSEKEEPING_DIALECT.property_sent(scope),
            "status": "ready",
            "limit": PAGE_ROOMS,
        }

        async def read_page(cursor: str | None) -> PageRead[_ReadyRoom]:
            page = await self._housekeeping.get(
                f"{HOUSEKEEPING_BASE}/rooms",
                _READY,
                scope=scope,
                query=with_cursor(query, cursor),
            )
            return PageRead(page.items, page.next_cursor)

        rooms = [room for room in await all_pages(read_page) if not room.occupied]
        rooms.sort(key=lambda room: (len(room.number), room.number))
        return [
            NumberedRoom(id=RoomId(HOUSEKEEPING_DIALECT.our_room(room.room_id)), number=room.number)
            for room in rooms
        ]

    async def room_types(self, scope: CallScope) -> Mapping[RoomId, str]:
        """Return each active room's type."""
        path = f"/api/v1/properties/{PROPERTY_DIALECT.property_sent(scope)}/rooms"

        async def read_page(cursor: str | None) -> PageRead[_Room]:
            page = await self._property.get(
                path, _ROOMS, scope=scope, query=with_cursor({"limit": PAGE_ROOMS}, cursor)
            )
            return PageRead(page.items, page.next_cursor)

        return {
            RoomId(PROPERTY_DIALECT.our_room(room.id)): PROPERTY_DIALECT.our_room_type(
                room.room_type_id
            )
            for room in await all_pages(read_page)
            if room.status == "active"
        }
