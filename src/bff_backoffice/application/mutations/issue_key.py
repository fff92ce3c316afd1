"""Issue a key for a guest's own door."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from bff_backoffice.application.mutations.catalogue import LOCK_ISSUE_KEY, Action
from bff_backoffice.application.mutations.forward import (
    ForwardedAnswer,
    ForwardMutation,
    MutationRequest,
    PreparedCommand,
)
from bff_backoffice.application.mutations.performing import Result
from bff_backoffice.application.ports.lock_keys import Doors, KeyStays, LockKeys
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.idempotency import FingerprintedRequest
from bff_backoffice.domain.lock import (
    Credential,
    CredentialState,
    Door,
    IssueKey,
    KeyIntent,
    KeyKind,
    KeyStay,
    LockKindUnsupported,
    LockNotFound,
    LockReservationNotCheckedIn,
    LockRoomMismatch,
    LockValidityInvalid,
    LockVendor,
)
from bff_backoffice.domain.mutation import ReservationNotFound
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.identifiers import (
    IdempotencyKey,
    LockId,
    PropertyId,
    ReservationId,
    is_identifier,
)
from bff_backoffice.foundation.strict_json import JsonObject

__all__ = [
    "CredentialState",
    "IssueGuestKey",
    "IssueKeyRequest",
    "KeyKind",
    "LockVendor",
    "PerformIssueKey",
]

_COMMANDS: Final = msgspec.json.Decoder(IssueKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKeyRequest:
    """What the desk asks for. `body` is the request's own JSON, for the fingerprint."""

    caller: Principal
    facts: RequestFacts
    key: IdempotencyKey
    property_id: PropertyId
    lock_id: LockId
    reservation_id: ReservationId
    kind: KeyKind
    valid_from: datetime
    valid_until: datetime
    areas: tuple[str, ...]
    path: str
    path_below_base: str
    query: dict[str, str]
    body: JsonObject


class PerformIssueKey:
    """Implements Performer for `lock.issue_key`."""

    def __init__(self, keys: LockKeys) -> None:
        self._keys = keys

    @property
    def action(self) -> Action:
        """The action's row."""
        return LOCK_ISSUE_KEY

    def refusal(self) -> FailureReason | None:
        """Tell nothing yet: each vendor has its breaker, and the vendor is known later."""
        return None

    async def perform(self, command: bytes, call: MutationCall) -> Result:
        """Ask for the key."""
        return _result(await self._keys.issue(_COMMANDS.decode(command), call))

    async def read(self, resource_id: str, call: MutationCall) -> Result | None:
        """Return what the request with this key did."""
        del resource_id  # The key alone finds the record.
        credential = await self._keys.read_outcome(call)
        return None if credential is None else _result(credential)


class IssueGuestKey:
    """The use case behind `POST /locks/{id}/issue-key`."""

    def __init__(
        self, forward: ForwardMutation, *, doors: Doors, stays: KeyStays, keys: LockKeys
    ) -> None:
        self._forward = forward
        self._doors = doors
        self._stays = stays
        self._keys = keys

    async def run(self, request: IssueKeyRequest) -> ForwardedAnswer:
        """Issue one key per idempotency key; see ForwardMutation.forward for what it raises.

        Lock and stay are looked at before anything is claimed: what is refused here has asked
        no vendor and needs no line in the ledger.
        """
        _refuse_what_needs_no_question(request)

        async def prepare(scope: CallScope) -> PreparedCommand:
            door, stay = await self._door_and_stay(request, scope)
            command = _command(request, door, stay)
            reason = self._keys.refusal(door.vendor)
            if reason is not None:
                raise UpstreamFailure(upstream=LOCK_ISSUE_KEY.upstream, reason=reason)
            return PreparedCommand(
                command=msgspec.json.encode(command), key_intent=_intent(command)
            )

        return await self._forward.forward(
            MutationRequest(
                action=LOCK_ISSUE_KEY,
                caller=request.caller,
                facts=request.facts,
                key=request.key,
                fingerprinted=FingerprintedRequest(
                    method=LOCK_ISSUE_KEY.method,
                    path=request.path_below_base,
                    property_id=request.property_id,
                    query=request.query,
                    body=request.body,
                ),
                property_id=request.property_id,
                resource_id=request.lock_id,
                path=request.path,
            ),
            prepare,
            looks_first=True,
        )

    async def _door_and_stay(
        self, request: IssueKeyRequest, scope: CallScope
    ) -> tuple[Door, KeyStay]:
        """Ask both at once. A failure goes before a refusal: it may be the whole truth."""
        door, stay = await asyncio.gather(
            self._doors.door(request.lock_id, scope),
            self._stays.key_stay(request.reservation_id, scope),
            return_exceptions=True,
        )
        for found in (door, stay):
            if isinstance(found, BaseException) and not isinstance(found, NotFoundUpstream):
                raise found
        if isinstance(door, BaseException):
            raise LockNotFound from door
        if isinstance(stay, BaseException):
            raise ReservationNotFound from stay
        return door, stay


def _refuse_what_needs_no_question(request: IssueKeyRequest) -> None:
    if not is_identifier(request.lock_id, "lck"):
        raise LockNotFound
    if not is_identifier(request.reservation_id, "rsv"):
        raise ReservationNotFound
    if request.valid_from >= request.valid_until:
        raise LockValidityInvalid(fields=(("validUntil", "not_after_valid_from"),))


def _command(request: IssueKeyRequest, door: Door, stay: KeyStay) -> IssueKey:
    if not stay.is_checked_in:
        raise LockReservationNotCheckedIn
    if door.room_id is None or door.room_id != stay.room_id:
        raise LockRoomMismatch
    if request.kind not in door.supported_kinds:
        raise LockKindUnsupported(fields=(("kind", "unsupported"),))
    return IssueKey(
        lock_id=request.lock_id,
        room_id=door.room_id,
        vendor=door.vendor,
        reservation_id=request.reservation_id,
        kind=request.kind,
        valid_from=request.valid_from,
        valid_until=request.valid_until,
        areas=request.areas,
        guest_id=stay.guest_id,
        guest_name=stay.guest_name,
        device_id=request.caller.device_id,
    )


def _intent(command: IssueKey) -> KeyIntent:
    return KeyIntent(
        reservation_id=command.reservation_id,
        vendor=command.vendor,
        kind=command.kind,
        valid_from=command.valid_from,
        valid_until=command.valid_until,
        areas=command.areas,
    )


def _result(credential: Credential) -> Result:
    return {
        "credential": {
            "id": credential.id,
            "kind": credential.kind,
            "state": credential.state,
            "vendor": credential.vendor,
        }
    }
