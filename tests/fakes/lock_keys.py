"""A lock service and its stays in memory: acts once per key, remembers, and fails as told."""

from dataclasses import dataclass, field

from tests.fakes.mutation_path import RESERVATION, ROOM
from tests.fakes.reservation_mutations import When

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.lock import Credential, Door, IssueKey, KeyStay, LockVendor
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import CredentialId, GuestId, LockId, ReservationId

LOCK = LockId("lck_01HZX8QJ5T9W2V4Y6B8D0F2H4K")
GUEST_NAME = "Ahmad Wali Karimi"


@dataclass(slots=True)
class FakeLocks:
    """Implements Doors, KeyStays and LockKeys."""

    known_door: Door | None = field(
        default_factory=lambda: Door(
            id=LOCK,
            room_id=ROOM,
            vendor="ttlock",
            supported_kinds=frozenset({"mobile_app", "pin_code"}),
        )
    )
    known_stay: KeyStay | None = field(
        default_factory=lambda: KeyStay(
            is_checked_in=True,
            room_id=ROOM,
            guest_id=GuestId("gst_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
            guest_name=GUEST_NAME,
        )
    )
    read_failure: UpstreamFailure | None = None
    refuses_with: FailureReason | None = None
    decision: ServiceError | None = None
    failures: list[tuple[When, FailureReason]] = field(
        default_factory=list[tuple[When, FailureReason]]
    )
    record_failures: list[FailureReason] = field(default_factory=list[FailureReason])
    calls: list[IssueKey] = field(default_factory=list[IssueKey])
    issued: list[IssueKey] = field(default_factory=list[IssueKey])
    reads: int = 0
    record: dict[str, Credential | ServiceError] = field(
        default_factory=dict[str, Credential | ServiceError]
    )

    async def door(self, lock_id: LockId, scope: CallScope) -> Door:
        if self.read_failure is not None:
            raise self.read_failure
        if self.known_door is None or lock_id != self.known_door.id:
            raise NotFoundUpstream("lock-integration")
        return self.known_door

    async def key_stay(self, reservation_id: ReservationId, scope: CallScope) -> KeyStay:
        if self.known_stay is None or reservation_id != RESERVATION:
            raise NotFoundUpstream("reservation")
        return self.known_stay

    def refusal(self, vendor: LockVendor) -> FailureReason | None:
        return self.refuses_with

    async def issue(self, command: IssueKey, call: MutationCall) -> Credential:
        self.calls.append(command)
        when, reason = self.failures.pop(0) if self.failures else (None, None)
        if reason is not None and when == "before_acting":
            raise UpstreamFailure(upstream="lock-integration", reason=reason)
        if call.upstream_key not in self.record:
            self.record[call.upstream_key] = self.decision or self._act(command)
        if reason is not None:
            raise UpstreamFailure(upstream="lock-integration", reason=reason)
        return _given(self.record[call.upstream_key])

    async def read_outcome(self, call: MutationCall) -> Credential | None:
        self.reads += 1
        if self.record_failures:
            raise UpstreamFailure(upstream="lock-integration", reason=self.record_failures.pop(0))
        known = self.record.get(call.upstream_key)
        return None if known is None else _given(known)

    def _act(self, command: IssueKey) -> Credential:
        self.issued.append(command)
        number = f"{len(self.issued):026d}"
        return Credential(
            id=CredentialId(f"key_{number}"),
            kind=command.kind,
            state="active",
            vendor=command.vendor,
        )


def _given(known: Credential | ServiceError) -> Credential:
    if isinstance(known, ServiceError):
        raise known
    return known
