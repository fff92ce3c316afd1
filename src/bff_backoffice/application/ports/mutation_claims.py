"""Claims on idempotency keys, their outcomes and answers. Fails: closed.

Every method is one commit and one round trip. All raise StoreUnavailable; whether the write
then took effect is not known, and nothing here depends on knowing it: a claim that nobody
settles is taken over when its lease ends.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bff_backoffice.domain.idempotency import ClaimOutcome, IdempotencyScope
from bff_backoffice.domain.lock import KeyIntent
from bff_backoffice.domain.message import Message
from bff_backoffice.domain.mutation import MutationOrigin, MutationOutcome
from bff_backoffice.foundation.identifiers import ActivityId, PropertyId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """What commit 1 writes. With a `key_intent` it writes the lock ledger's intent too."""

    scope: IdempotencyScope
    fingerprint: bytes
    owner_token: UUID
    lease_seconds: int
    activity_id: ActivityId
    action: str
    upstream_key: str
    property_id: PropertyId
    resource_id: str
    origin: MutationOrigin
    sealed_command: bytes
    key_intent: KeyIntent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer:
    """What became of a claim. `attempt` fences a claimed one."""

    outcome: ClaimOutcome
    attempt: int
    activity_id: ActivityId | None
    sealed_answer: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """Proof of holding a claim; useless once somebody else has taken it over."""

    scope: IdempotencyScope
    owner_token: UUID
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledClaim:
    """A claim taken over because its outcome is not known."""

    held: HeldClaim
    activity_id: ActivityId
    action: str
    upstream_key: str
    property_id: PropertyId
    resource_id: str
    origin: MutationOrigin
    sealed_command: bytes | None
    age_seconds: float
    settle_attempts: int


class MutationClaims(Protocol):
    """What the mutation path writes while a client waits."""

    async def peek(self, scope: IdempotencyScope, fingerprint: bytes) -> ClaimAnswer:
        """Tell what a claim would find, and claim nothing; `free` where it would succeed."""
        ...

    async def claim(self, claim: NewClaim) -> ClaimAnswer:
        """Claim the key: of any number of callers exactly one is answered `claimed`."""
        ...

    async def settle(
        self,
        held: HeldClaim,
        outcome: MutationOutcome,
        message: Message,
        *,
        sealed_answer: bytes | None,
    ) -> bool:
        """Write outcome, answer, activity and message together.

        False, and nothing written, when the claim has another holder by now. A parked outcome
        has no answer and stays unsettled.
        """
        ...

    async def release(self, held: HeldClaim, refusal_code: str) -> bool:
        """Give the key back, since nothing was sent, and record that. False as in settle."""
        ...

    async def defer(self, held: HeldClaim, settle_after_seconds: float) -> bool:
        """Leave the outcome to the reconciler, from that many seconds on. False as in settle."""
        ...


class UnsettledClaims(MutationClaims, Protocol):
    """What the reconciler needs on top."""

    async def find_unsettled(self, limit: int) -> list[IdempotencyScope]:
        """Return claims of any tenant that wait to be settled now, longest waiting first."""
        ...

    async def take_over(
        self, scope: IdempotencyScope, owner_token: UUID, lease_seconds: int
    ) -> UnsettledClaim | None:
        """Become the claim's holder; None when somebody else was faster.

        From here on the old holder can no longer write.
        """
        ...

    async def remove_expired(self, limit: int) -> int:
        """Delete answers and released keys that are past their lifetime; return how many."""
        ...
