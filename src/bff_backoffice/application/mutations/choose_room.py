"""Which room a guest gets when the desk does not say."""

import asyncio
from collections.abc import Mapping, Sequence

from bff_backoffice.application.ports.room_choice import (
    NumberedRoom,
    ReadyRooms,
    RoomTypes,
    StayRooms,
)
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.mutation import ReservationNoRoomReady, ReservationNotFound
from bff_backoffice.foundation.identifiers import ReservationId, RoomId


class ChooseRoom:
    """The reservation's own room, else the first ready one of its type."""

    def __init__(self, *, stays: StayRooms, ready: ReadyRooms, types: RoomTypes) -> None:
        self._stays = stays
        self._ready = ready
        self._types = types

    async def choose(self, reservation_id: ReservationId, scope: CallScope) -> NumberedRoom:
        """Return the room. Whether it is still free is decided upstream, when it is taken.

        Raises ReservationNotFound, ReservationNoRoomReady or UpstreamFailure.
        """
        try:
            stay = await self._stays.stay_room(reservation_id, scope)
        except NotFoundUpstream as error:
            raise ReservationNotFound from error
        if stay.room_id is not None:
            return NumberedRoom(id=stay.room_id)
        ready, types = await self._ready_and_typed(scope)
        for room in ready:
            if types.get(room.id) == stay.room_type_id:
                return room
        raise ReservationNoRoomReady

    async def _ready_and_typed(
        self, scope: CallScope
    ) -> tuple[Sequence[NumberedRoom], Mapping[RoomId, str]]:
        """Ask both at once; the first failure ends the other."""
        try:
            async with asyncio.TaskGroup() as group:
                ready = group.create_task(self._ready.ready_rooms(scope))
                types = group.create_task(self._types.room_types(scope))
        except ExceptionGroup as failures:
            raise _first_failure(failures) from failures
        return ready.result(), types.result()


def _first_failure(failures: ExceptionGroup[Exception]) -> Exception:
    first = failures.exceptions[0]
    if isinstance(first, NotFoundUpstream):
        # The property itself is unknown there: nothing was asked of anybody, so try later.
        return UpstreamFailure(upstream="property", reason="rejected")
    return first
