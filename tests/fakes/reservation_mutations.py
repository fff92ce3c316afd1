"""A reservation service in memory: it acts once per key, remembers, and fails as told."""

from dataclasses import dataclass, field
from typing import Literal

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.mutation import CheckIn, ReservationAfter
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ReservationId

When = Literal["before_acting", "after_acting"]


@dataclass(slots=True)
class FakeReservationMutations:
    """Implements ReservationMutations."""

    refuses_with: FailureReason | None = None
    decision: ServiceError | None = None
    """The definite refusal it answers, instead of acting."""
    failures: list[tuple[When, FailureReason]] = field(
        default_factory=list[tuple[When, FailureReason]]
    )
    """Each fails one action: before the upstream acted, or after it with the answer lost."""
    read_failures: list[FailureReason] = field(default_factory=list[FailureReason])
    acted: list[CheckIn] = field(default_factory=list[CheckIn])
    calls: list[MutationCall] = field(default_factory=list[MutationCall])
    reads: list[MutationCall] = field(default_factory=list[MutationCall])
    record: dict[str, ReservationAfter | ServiceError] = field(
        default_factory=dict[str, ReservationAfter | ServiceError]
    )

    def refusal(self) -> FailureReason | None:
        return self.refuses_with

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        self.calls.append(call)
        when, reason = self.failures.pop(0) if self.failures else (None, None)
        if reason is not None and when == "before_acting":
            raise UpstreamFailure(upstream="reservation", reason=reason)
        if call.upstream_key not in self.record:
            self.record[call.upstream_key] = self.decision or self._act(command)
        if reason is not None:
            raise UpstreamFailure(upstream="reservation", reason=reason)
        return _given(self.record[call.upstream_key])

    async def read_outcome(
        self, reservation_id: ReservationId, call: MutationCall
    ) -> ReservationAfter | None:
        self.reads.append(call)
        if self.read_failures:
            raise UpstreamFailure(upstream="reservation", reason=self.read_failures.pop(0))
        known = self.record.get(call.upstream_key)
        return None if known is None else _given(known)

    def _act(self, command: CheckIn) -> ReservationAfter:
        self.acted.append(command)
        return ReservationAfter(
            id=command.reservation_id, state="checked_in", room_id=command.room_id, version=4
        )


def _given(known: ReservationAfter | ServiceError) -> ReservationAfter:
    if isinstance(known, ServiceError):
        raise known
    return known
