"""Check a guest in."""

from dataclasses import dataclass
from typing import Final

import msgspec

from bff_backoffice.application.mutations.catalogue import RESERVATION_CHECK_IN, Action
from bff_backoffice.application.mutations.choose_room import ChooseRoom
from bff_backoffice.application.mutations.forward import (
    ForwardedAnswer,
    ForwardMutation,
    MutationRequest,
    PreparedCommand,
)
from bff_backoffice.application.mutations.performing import Result
from bff_backoffice.application.ports.reservation_mutations import (
    MutationCall,
    ReservationMutations,
)
from bff_backoffice.application.ports.room_choice import NumberedRoom
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import FailureReason
from bff_backoffice.domain.idempotency import FingerprintedRequest
from bff_backoffice.domain.mutation import CheckIn, ReservationAfter, ReservationNotFound
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.identifiers import (
    IdempotencyKey,
    PropertyId,
    ReservationId,
    RoomId,
    is_identifier,
)
from bff_backoffice.foundation.strict_json import JsonObject

_COMMANDS: Final = msgspec.json.Decoder(CheckIn)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRequest:
    """What the desk asks for. `body` is the request's own JSON, for the fingerprint."""

    caller: Principal
    facts: RequestFacts
    key: IdempotencyKey
    property_id: PropertyId
    reservation_id: ReservationId
    room_id: RoomId | None
    is_document_verified: bool | None
    note: str | None
    path: str
    path_below_base: str
    query: dict[str, str]
    body: JsonObject


class PerformCheckIn:
    """Implements Performer for `reservation.check_in`."""

    def __init__(self, reservations: ReservationMutations) -> None:
        self._reservations = reservations

    @property
    def action(self) -> Action:
        """The action's row."""
        return RESERVATION_CHECK_IN

    def refusal(self) -> FailureReason | None:
        """Tell why the action would not even be sent just now."""
        return self._reservations.refusal()

    async def perform(self, command: bytes, call: MutationCall) -> Result:
        """Ask the reservation service to check the guest in."""
        check_in = _COMMANDS.decode(command)
        after = await self._reservations.check_in(check_in, call)
        is_room_as_chosen = after.room_id == check_in.room_id
        return _result(after, room_number=check_in.room_number if is_room_as_chosen else None)

    async def read(self, resource_id: str, call: MutationCall) -> Result | None:
        """Return what the request with this key did."""
        after = await self._reservations.read_outcome(ReservationId(resource_id), call)
        return None if after is None else _result(after)


class CheckGuestIn:
    """The use case behind `POST /reservations/{id}/check-in`."""

    def __init__(self, forward: ForwardMutation, rooms: ChooseRoom) -> None:
        self._forward = forward
        self._rooms = rooms

    async def run(self, request: CheckInRequest) -> ForwardedAnswer:
        """Check in once per key; see ForwardMutation.forward for what it raises.

        Without a room, one is chosen before anything is claimed, and the choice stays with the
        claim: a repeat can never put the guest into a second room.
        """
        if not is_identifier(request.reservation_id, "rsv"):
            raise ReservationNotFound

        async def prepare(scope: CallScope) -> PreparedCommand:
            if request.room_id is None:
                room = await self._rooms.choose(request.reservation_id, scope)
            else:
                room = NumberedRoom(id=request.room_id)
            command = CheckIn(
                reservation_id=request.reservation_id,
                room_id=room.id,
                room_number=room.number,
                is_document_verified=request.is_document_verified,
                note=request.note,
            )
            return PreparedCommand(command=msgspec.json.encode(command))

        return await self._forward.forward(
            MutationRequest(
                action=RESERVATION_CHECK_IN,
                caller=request.caller,
                facts=request.facts,
                key=request.key,
                fingerprinted=FingerprintedRequest(
                    method=RESERVATION_CHECK_IN.method,
                    path=request.path_below_base,
                    property_id=request.property_id,
                    query=request.query,
                    body=request.body,
                ),
                property_id=request.property_id,
                resource_id=request.reservation_id,
                path=request.path,
            ),
            prepare,
            looks_first=request.room_id is None,
        )


def _result(after: ReservationAfter, *, room_number: str | None = None) -> Result:
    reservation: Result = {
        "id": after.id,
        "state": after.state,
        "roomId": after.room_id,
        "version": after.version,
    }
    if room_number is not None:
        reservation["roomNumber"] = room_number
    return {"reservation": reservation}
