"""What has to be known to choose a room for a guest. All methods raise UpstreamFailure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.foundation.identifiers import ReservationId, RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class StayRoom:
    """The room a reservation has, if any, and the type it was sold as."""

    room_id: RoomId | None
    room_type_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedRoom:
    """A room and the number on its door, where whoever was asked for the room told it."""

    id: RoomId
    number: str | None = None


class StayRooms(Protocol):
    """The reservation service."""

    async def stay_room(self, reservation_id: ReservationId, scope: CallScope) -> StayRoom:
        """Return the reservation's room and type. Raises NotFoundUpstream."""
        ...


class ReadyRooms(Protocol):
    """Housekeeping."""

    async def ready_rooms(self, scope: CallScope) -> Sequence[NumberedRoom]:
        """Return the rooms that are ready and empty, in order of their numbers."""
        ...


class RoomTypes(Protocol):
    """The property service."""

    async def room_types(self, scope: CallScope) -> Mapping[RoomId, str]:
        """Return each active room's type."""
        ...
