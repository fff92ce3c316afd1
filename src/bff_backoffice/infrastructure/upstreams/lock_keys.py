"""lock-integration-service's keys: any visible key, `ppt_` properties, flat problems.

Nothing is repeated here, whatever the policy table says: a door that acts twice is a safety
matter. So requests are not marked as keyed, though they carry the key that finds the record.
"""

from typing import Final

import msgspec

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.lock import (
    Credential,
    CredentialState,
    Door,
    IssueKey,
    KeyKind,
    KeyStay,
    LockKindUnsupported,
    LockNotReachable,
    LockRejected,
    LockReservationNotCheckedIn,
    LockValidityInvalid,
    LockVendor,
)
from bff_backoffice.domain.mutation import ReservationNotFound
from bff_backoffice.foundation.clock import rfc3339
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import (
    CredentialId,
    GuestId,
    LockId,
    ReservationId,
    RoomId,
    is_identifier,
)
from bff_backoffice.infrastructure.upstreams.answers import decode_answer
from bff_backoffice.infrastructure.upstreams.dialect import Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.lock_integration import LOCK_DIALECT
from bff_backoffice.infrastructure.upstreams.messages import UpstreamAnswer, UpstreamRequest
from bff_backoffice.infrastructure.upstreams.reservation import BASE as RESERVATION_BASE
from bff_backoffice.infrastructure.upstreams.reservation import RESERVATION_DIALECT

CREDENTIALS: Final = "/api/v1/key-credentials"
KEY_RECORDS: Final = "/api/v1/idempotency-keys"
CHANNEL_HINT: Final = "desk"
HAS_THE_ROOM: Final = frozenset({"checked_in", "in_house"})
NOT_FOUND: Final = 404
OWN_WORDS: Final = "MELMASTOON."
NO_DECISION: Final = frozenset({401, 403, 425, 429})
"""Refusals of the call, not of the action: surely nothing was done."""
NO_RECORD: Final = "RESOURCE_NOT_FOUND"

_REFUSALS: Final[dict[str, type[ServiceError]]] = {
    "RESOURCE_NOT_FOUND": ReservationNotFound,
    "RESERVATION_NOT_CHECKED_IN": LockReservationNotCheckedIn,
    "KIND_UNSUPPORTED": LockKindUnsupported,
    "VALIDITY_INVALID": LockValidityInvalid,
    "NO_CAPABLE_DEVICE": LockNotReachable,
}


class _Device(msgspec.Struct, rename="camel"):
    id: str
    property_id: str
    vendor: LockVendor
    supported_kinds: list[str]
    room_id: str | None = None


class _Guest(msgspec.Struct, rename="camel"):
    id: str
    display_name: str


class _Stay(msgspec.Struct, rename="camel"):
    property_id: str
    state: str
    guest: _Guest
    room_id: str | None = None


class _Credential(msgspec.Struct, rename="camel"):
    id: str
    kind: KeyKind
    state: CredentialState
    vendor: LockVendor


class _Problem(msgspec.Struct):
    code: str = ""


class _KeyRecord(msgspec.Struct):
    status: int
    body: msgspec.Raw


_DEVICE: Final = msgspec.json.Decoder(_Device)
_STAY: Final = msgspec.json.Decoder(_Stay)
_CREDENTIAL: Final = msgspec.json.Decoder(_Credential)
_PROBLEM: Final = msgspec.json.Decoder(_Problem)
_RECORD: Final = msgspec.json.Decoder(_KeyRecord)


class LockKeyGateway:
    """Implements Doors, KeyStays and LockKeys."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._client = client
        self._locks = Reader(client, LOCK_DIALECT)
        self._reservations = Reader(client, RESERVATION_DIALECT)

    async def door(self, lock_id: LockId, scope: CallScope) -> Door:
        """Return the lock; another property's is as good as missing."""
        if not is_identifier(lock_id, "lck"):
            raise NotFoundUpstream("lock-integration")
        device = await self._locks.get(f"/api/v1/devices/{lock_id}", _DEVICE, scope=scope)
        if device.property_id != LOCK_DIALECT.property_sent(scope):
            raise NotFoundUpstream("lock-integration")
        room_id = LOCK_DIALECT.our_room_or_none(device.room_id)
        return Door(
            id=lock_id,
            room_id=None if room_id is None else RoomId(room_id),
            vendor=device.vendor,
            supported_kinds=frozenset(device.supported_kinds),
        )

    async def key_stay(self, reservation_id: ReservationId, scope: CallScope) -> KeyStay:
        """Return the stay; another property's is as good as missing."""
        if not is_identifier(reservation_id, "rsv"):
            raise NotFoundUpstream("reservation")
        path = f"{RESERVATION_BASE}/{reservation_id}"
        stay = await self._reservations.get(path, _STAY, scope=scope)
        if stay.property_id != RESERVATION_DIALECT.property_sent(scope):
            raise NotFoundUpstream("reservation")
        room_id = RESERVATION_DIALECT.our_room_or_none(stay.room_id)
        return KeyStay(
            is_checked_in=stay.state in HAS_THE_ROOM,
            room_id=None if room_id is None else RoomId(room_id),
            guest_id=GuestId(stay.guest.id),
            guest_name=stay.guest.display_name,
        )

    def refusal(self, vendor: LockVendor) -> FailureReason | None:
        """Tell why a key of this vendor would not even be asked for just now."""
        return self._client.refusal("lock-integration", "mutation", vendor)

    async def issue(self, command: IssueKey, call: MutationCall) -> Credential:
        """Ask for the key, once; see LockKeys."""
        headers = _headers(call.scope)
        headers["Idempotency-Key"] = call.upstream_key
        headers["X-Device-Id"] = command.device_id
        answer = await self._client.send(
            UpstreamRequest(
                upstream="lock-integration",
                operation="mutation",
                method="POST",
                path=CREDENTIALS,
                headers=headers,
                body=msgspec.json.encode(_body(command)),
                scope=call.scope,
                part=command.vendor,
            )
        )
        return _outcome(answer)

    async def read_outcome(self, call: MutationCall) -> Credential | None:
        """Return what the request with this key did; see LockKeys."""
        answer = await self._client.send(
            UpstreamRequest(
                upstream="lock-integration",
                operation="read",
                method="GET",
                path=f"{KEY_RECORDS}/{call.upstream_key}",
                headers=_headers(call.scope),
                scope=call.scope,
            )
        )
        if answer.status == NOT_FOUND and _own_word(answer) == NO_RECORD:
            # Only the service's own words say so: any proxy can answer 404.
            return None
        if not answer.is_success:
            raise _failure(answer, "rejected")
        record = decode_answer("lock-integration", answer, _RECORD)
        return _outcome(
            UpstreamAnswer(
                status=record.status,
                body=bytes(record.body),
                etag=None,
                retry_after_seconds=None,
                content_type=answer.content_type,
            )
        )


def _body(command: IssueKey) -> dict[str, object]:
    body: dict[str, object] = {
        "reservationId": command.reservation_id,
        "rooms": [command.room_id],
        "validFrom": rfc3339(command.valid_from),
        "validUntil": rfc3339(command.valid_until),
        "preferredKinds": [command.kind],
        "guest": {"id": command.guest_id, "displayName": command.guest_name},
        "channelHint": CHANNEL_HINT,
    }
    if command.areas:
        body["scope"] = {"areas": list(command.areas)}
    return body


def _headers(scope: CallScope) -> dict[str, str]:
    headers = LOCK_DIALECT.tenant_header(scope)
    if scope.operator_id is not None:
        headers["X-Operator-Id"] = scope.operator_id
    return headers


def _outcome(answer: UpstreamAnswer) -> Credential:
    """Return the key, or raise the definite refusal or the failure to decide."""
    if answer.is_success:
        issued = decode_answer("lock-integration", answer, _CREDENTIAL)
        if not is_identifier(issued.id, "key"):
            raise _failure(answer, "wrong_shape")
        return Credential(
            id=CredentialId(issued.id), kind=issued.kind, state=issued.state, vendor=issued.vendor
        )
    if answer.status in NO_DECISION:
        raise _failure(answer, "rejected")
    word = _own_word(answer)
    if not word:
        # Somebody in between said this: whether the door has a key now is not known.
        raise _failure(answer, "wrong_shape")
    refusal: type[ServiceError] = _REFUSALS.get(word, LockRejected)
    raise refusal


def _failure(answer: UpstreamAnswer, reason: FailureReason) -> UpstreamFailure:
    return UpstreamFailure(
        upstream="lock-integration",
        reason=reason,
        status=answer.status,
        retry_after_seconds=answer.retry_after_seconds,
    )


def _own_word(answer: UpstreamAnswer) -> str:
    """Return the last part of the platform's own code; empty where it is not the service's."""
    try:
        code = _PROBLEM.decode(answer.body).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return code.rpartition(".")[2] if code.startswith(OWN_WORDS) else ""
