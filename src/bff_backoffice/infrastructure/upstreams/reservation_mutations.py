"""reservation-service's actions: ULID keys, `X-Property-Id` due, flat problems."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.mutation import (
    CheckIn,
    ReservationAfter,
    ReservationIllegalTransition,
    ReservationNoRoomReady,
    ReservationNotFound,
    ReservationRejected,
    ReservationRoomNotReady,
    ReservationVersionConflict,
)
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ReservationId, RoomId, is_identifier
from bff_backoffice.infrastructure.upstreams.answers import decode_answer
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamAnswer, UpstreamRequest
from bff_backoffice.infrastructure.upstreams.reservation import BASE, RESERVATION_DIALECT

NOT_FOUND: Final = 404
PRECONDITION_FAILED: Final = 412
NO_DECISION: Final = frozenset({401, 403, 408, 425, 429})
"""Refusals of the call, not of the action: nothing was done, and later may be different."""

_REFUSALS: Final[dict[str, tuple[type[ServiceError], tuple[tuple[str, str], ...]]]] = {
    "RESOURCE_NOT_FOUND": (ReservationNotFound, ()),
    "MISMATCH": (ReservationNotFound, ()),
    "ILLEGAL_TRANSITION": (ReservationIllegalTransition, ()),
    "OUTSIDE_STAY": (ReservationIllegalTransition, (("reservationId", "outside_stay"),)),
    "ROOM_NOT_READY": (ReservationRoomNotReady, (("roomId", "not_ready"),)),
    "ROOM_OCCUPIED": (ReservationRoomNotReady, (("roomId", "occupied"),)),
    "ROOM_BLOCKED": (ReservationRoomNotReady, (("roomId", "blocked"),)),
    "NO_READY_ROOM": (ReservationNoRoomReady, ()),
    "ROOM_TYPE_MISMATCH": (ReservationRejected, (("roomId", "room_type_mismatch"),)),
    "VERSION_CONFLICT": (ReservationVersionConflict, ()),
}
_BY_STATUS: Final[dict[int, type[ServiceError]]] = {
    NOT_FOUND: ReservationNotFound,
    PRECONDITION_FAILED: ReservationVersionConflict,
}


class _After(msgspec.Struct, rename="camel"):
    id: str
    state: str
    version: int
    room_id: str | None = None


class _Problem(msgspec.Struct):
    code: str = ""


class _KeyRecord(msgspec.Struct):
    status: int
    body: msgspec.Raw


_AFTER: Final = msgspec.json.Decoder(_After)
_PROBLEM: Final = msgspec.json.Decoder(_Problem)
_RECORD: Final = msgspec.json.Decoder(_KeyRecord)


class ReservationMutationGateway:
    """Implements ReservationMutations."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._client = client

    def refusal(self) -> FailureReason | None:
        """Tell why an action would not even be sent just now."""
        return self._client.refusal("reservation", "mutation")

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        """Check the guest in; see ReservationMutations."""
        body: dict[str, object] = {"roomId": command.room_id}
        if command.is_document_verified is not None:
            body["documentVerified"] = command.is_document_verified
        if command.note is not None:
            body["note"] = command.note
        answer = await self._client.send(
            UpstreamRequest(
                upstream="reservation",
                operation="mutation",
                method="POST",
                path=f"{BASE}/{_segment(command.reservation_id)}/check-in",
                headers=_headers(call.scope) | {"Idempotency-Key": call.upstream_key},
                body=msgspec.json.encode(body),
                scope=call.scope,
                is_keyed=True,
            )
        )
        return _outcome(answer)

    async def read_outcome(
        self, reservation_id: ReservationId, call: MutationCall
    ) -> ReservationAfter | None:
        """Return what the request with this key did; see ReservationMutations."""
        del reservation_id  # The key alone finds the record here.
        answer = await self._client.send(
            UpstreamRequest(
                upstream="reservation",
                operation="read",
                method="GET",
                path=f"{BASE}/idempotency-keys/{call.upstream_key}",
                headers=_headers(call.scope),
                scope=call.scope,
            )
        )
        if answer.status == NOT_FOUND and _problem_word(answer) == "RESOURCE_NOT_FOUND":
            # Only the service's own words say so: any proxy can answer 404.
            return None
        if not answer.is_success:
            raise _no_decision(answer)
        record = decode_answer("reservation", answer, _RECORD)
        return _outcome(
            UpstreamAnswer(
                status=record.status,
                body=bytes(record.body),
                etag=None,
                retry_after_seconds=None,
                content_type=answer.content_type,
            )
        )


def _headers(scope: CallScope) -> dict[str, str]:
    headers = RESERVATION_DIALECT.tenant_header(scope)
    headers["X-Property-Id"] = RESERVATION_DIALECT.property_sent(scope)
    if scope.operator_id is not None:
        headers["X-Operator-Id"] = scope.operator_id
    return headers


def _segment(reservation_id: ReservationId) -> str:
    """Return the id, known to hold nothing that means something in a path."""
    if not is_identifier(reservation_id, "rsv"):
        raise ReservationNotFound
    return reservation_id


def _outcome(answer: UpstreamAnswer) -> ReservationAfter:
    """Return what was done, or raise the definite refusal or the failure to decide."""
    if answer.is_success:
        after = decode_answer("reservation", answer, _AFTER)
        room_id = RESERVATION_DIALECT.our_room_or_none(after.room_id)
        return ReservationAfter(
            id=ReservationId(RESERVATION_DIALECT.our_reservation(after.id)),
            state=after.state,
            room_id=None if room_id is None else RoomId(room_id),
            version=after.version,
        )
    word = _problem_word(answer)
    if word in _REFUSALS:
        refusal, fields = _REFUSALS[word]
        raise refusal(fields=fields)
    if not word or answer.status in NO_DECISION:
        # Without a code of its own it may be any proxy on the way that answered.
        raise _no_decision(answer)
    raise _BY_STATUS.get(answer.status, ReservationRejected)


def _no_decision(answer: UpstreamAnswer) -> UpstreamFailure:
    return UpstreamFailure(
        upstream="reservation",
        reason="rejected",
        status=answer.status,
        retry_after_seconds=answer.retry_after_seconds,
    )


def _problem_word(answer: UpstreamAnswer) -> str:
    """Return the last part of the problem's code; empty where there is none."""
    try:
        return _PROBLEM.decode(answer.body).code.rpartition(".")[2]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
