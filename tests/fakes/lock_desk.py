"""The path of a key, as `bootstrap/mutations.py` builds it, minus the outside."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from tests.fakes.lock_keys import LOCK, FakeLocks
from tests.fakes.manual_clock import START, ManualClock
from tests.fakes.mutation_claims import FakeMutationClaims
from tests.fakes.mutation_path import (
    FACTS,
    KEY,
    PROPERTY,
    RESERVATION,
    STORED_ANSWER_KEY,
    RecordedChanges,
    RecordedOutcomes,
    principal,
)

from bff_backoffice.application.messaging.events import EventWriter
from bff_backoffice.application.mutations.answers import AnswerSeal
from bff_backoffice.application.mutations.forward import ForwardedAnswer, ForwardMutation
from bff_backoffice.application.mutations.issue_key import (
    IssueGuestKey,
    IssueKeyRequest,
    PerformIssueKey,
)
from bff_backoffice.application.mutations.running import RunningMutations
from bff_backoffice.application.mutations.settle_unknown import SettleUnknown
from bff_backoffice.application.mutations.settlement import Settlement
from bff_backoffice.application.ports.lock_keys import Doors, KeyStays, LockKeys
from bff_backoffice.application.ports.mutation_claims import UnsettledClaims
from bff_backoffice.domain.lock import KeyKind
from bff_backoffice.domain.principal import Principal
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import IdempotencyKey, LockId, PropertyId, ReservationId
from bff_backoffice.infrastructure.signing.stored_answer_cipher import AesGcmStoredAnswerCipher
from bff_backoffice.presentation.mutation_answers import MutationAnswers


class LockPorts(Doors, KeyStays, LockKeys, Protocol):
    """All that a key is issued through."""


def issue_key_request(  # noqa: PLR0913 - one field of the request each, all by name
    *,
    key: IdempotencyKey = KEY,
    caller: Principal | None = None,
    lock_id: LockId = LOCK,
    reservation_id: ReservationId = RESERVATION,
    property_id: PropertyId = PROPERTY,
    kind: KeyKind = "mobile_app",
    hours: float = 24,
) -> IssueKeyRequest:
    """Return the request of a clerk at the desk."""
    path = f"/locks/{lock_id}/issue-key"
    valid_until = START + timedelta(hours=hours)
    return IssueKeyRequest(
        caller=caller or principal(),
        facts=FACTS,
        key=key,
        property_id=property_id,
        lock_id=lock_id,
        reservation_id=reservation_id,
        kind=kind,
        valid_from=START,
        valid_until=valid_until,
        areas=("Main entrance",),
        path="/bff/backoffice/v1" + path,
        path_below_base=path,
        query={},
        body={"kind": kind, "validUntil": valid_until.isoformat()},
    )


@dataclass(slots=True)
class LockPath:
    """One instance of the service, as far as keys go."""

    issue_key: IssueGuestKey
    reconciler: SettleUnknown
    running: RunningMutations
    outcomes: RecordedOutcomes


def lock_path(*, claims: UnsettledClaims, locks: LockPorts, clock: Clock) -> LockPath:
    """Put the path together."""
    seal = AnswerSeal(AesGcmStoredAnswerCipher((STORED_ANSWER_KEY,)))
    answers = MutationAnswers()
    settlement = Settlement(
        claims=claims,
        seal=seal,
        answers=answers,
        events=EventWriter("test-instance", clock),
        clock=clock,
    )
    performer = PerformIssueKey(locks)
    performers = {performer.action.name: performer}
    running, outcomes, views = RunningMutations(), RecordedOutcomes(), RecordedChanges()
    forward = ForwardMutation(
        claims=claims,
        settlement=settlement,
        performers=performers,
        seal=seal,
        answers=answers,
        running=running,
        views=views,
        observer=outcomes,
        clock=clock,
    )
    reconciler = SettleUnknown(
        claims=claims,
        settlement=settlement,
        performers=performers,
        seal=seal,
        views=views,
        observer=outcomes,
        clock=clock,
    )
    return LockPath(
        issue_key=IssueGuestKey(forward, doors=locks, stays=locks, keys=locks),
        reconciler=reconciler,
        running=running,
        outcomes=outcomes,
    )


@dataclass(slots=True)
class LockDesk:
    """A path over fakes, with the fakes at hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    locks: FakeLocks = field(default_factory=FakeLocks)
    claims: FakeMutationClaims = field(init=False)
    path: LockPath = field(init=False)

    def __post_init__(self) -> None:
        self.claims = FakeMutationClaims(self.clock)
        self.path = lock_path(claims=self.claims, locks=self.locks, clock=self.clock)

    @property
    def reconciler(self) -> SettleUnknown:
        """The worker's part."""
        return self.path.reconciler

    async def issue(self, request: IssueKeyRequest | None = None) -> ForwardedAnswer:
        """Ask for a key."""
        return await self.path.issue_key.run(request or issue_key_request())

    @property
    def ledger(self) -> list[str]:
        """The ledger's words, in order."""
        return [word for _, _, word in self.claims.ledger]
