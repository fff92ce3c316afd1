"""Claims in memory, with the same promises as PostgreSQL's."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from bff_backoffice.application.ports.mutation_claims import (
    ClaimAnswer,
    HeldClaim,
    NewClaim,
    UnsettledClaim,
)
from bff_backoffice.domain.activity import Activity
from bff_backoffice.domain.idempotency import (
    ANSWER_LIFETIME_SECONDS,
    ClaimOutcome,
    IdempotencyScope,
)
from bff_backoffice.domain.lock import audit_id_of
from bff_backoffice.domain.message import Message
from bff_backoffice.domain.mutation import MutationOutcome
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import ActivityId, LockAuditId, TenantId


@dataclass(slots=True)
class ClaimRow:
    """One row of the table."""

    claim: NewClaim
    attempt: int
    claimed_at: float
    lease_until: float
    settle_after: float
    state: str = "in_flight"
    settle_attempts: int = 0
    sealed_answer: bytes | None = None
    expires_at: float | None = None


@dataclass(slots=True)
class FakeMutationClaims:
    """Implements UnsettledClaims and Activities. What was committed can be looked at."""

    clock: Clock
    rows: dict[IdempotencyScope, ClaimRow] = field(default_factory=dict[IdempotencyScope, ClaimRow])
    activities: list[tuple[TenantId, ActivityId, Activity]] = field(
        default_factory=list[tuple[TenantId, ActivityId, Activity]]
    )
    messages: list[Message] = field(default_factory=list[Message])
    ledger: list[tuple[TenantId, LockAuditId, str]] = field(
        default_factory=list[tuple[TenantId, LockAuditId, str]]
    )
    """Of lock actions: `intent`, then the word of the outcome."""

    async def peek(self, scope: IdempotencyScope, fingerprint: bytes) -> ClaimAnswer:
        row = self.rows.get(scope)
        if row is None:
            return ClaimAnswer(outcome="free", attempt=0, activity_id=None, sealed_answer=None)
        return self._answer(self._judge(row, fingerprint), row)

    async def claim(self, claim: NewClaim) -> ClaimAnswer:
        now = self._now()
        row = self.rows.get(claim.scope)
        verdict = "free" if row is None else self._judge(row, claim.fingerprint)
        if row is not None and verdict != "free":
            return self._answer(verdict, row)
        lease = now + claim.lease_seconds
        new = ClaimRow(
            claim=claim,
            attempt=1 if row is None else row.attempt + 1,
            claimed_at=now,
            lease_until=lease,
            settle_after=lease,
        )
        self.rows[claim.scope] = new
        self._append_to_ledger(new, "intent")
        return self._answer("claimed", new)

    async def settle(
        self,
        held: HeldClaim,
        outcome: MutationOutcome,
        message: Message,
        *,
        sealed_answer: bytes | None,
    ) -> bool:
        row = self._held(held, ("in_flight", "outcome_unknown", "parked"))
        if row is None:
            return False
        is_parked = outcome.state == "parked"
        row.state = "parked" if is_parked else "stored"
        row.sealed_answer = sealed_answer
        row.expires_at = None if is_parked else self._now() + ANSWER_LIFETIME_SECONDS
        self._record(row, outcome.state, outcome.refusal_code, outcome.result)
        if message.event_id not in {known.event_id for known in self.messages}:
            self.messages.append(message)
        self._append_to_ledger(row, outcome.state)
        return True

    async def release(self, held: HeldClaim, refusal_code: str) -> bool:
        row = self._held(held, ("in_flight",))
        if row is None:
            return False
        row.state = "released"
        row.expires_at = self._now() + ANSWER_LIFETIME_SECONDS
        self._record(row, "not_performed", refusal_code, None)
        self._append_to_ledger(row, "not_sent")
        return True

    async def defer(self, held: HeldClaim, settle_after_seconds: float) -> bool:
        row = self._held(held, ("in_flight", "outcome_unknown"))
        if row is None:
            return False
        row.state = "outcome_unknown"
        row.lease_until = self._now()
        row.settle_after = self._now() + settle_after_seconds
        return True

    async def find_unsettled(self, limit: int) -> list[IdempotencyScope]:
        due = [row for row in self.rows.values() if self._is_due(row)]
        due.sort(key=lambda row: row.settle_after)
        return [row.claim.scope for row in due[:limit]]

    async def take_over(
        self, scope: IdempotencyScope, owner_token: UUID, lease_seconds: int
    ) -> UnsettledClaim | None:
        row = self.rows.get(scope)
        if row is None or not self._is_due(row):
            return None
        row.state = "outcome_unknown"
        row.claim = replace(row.claim, owner_token=owner_token)
        row.attempt += 1
        row.settle_attempts += 1
        row.lease_until = self._now() + lease_seconds
        claim = row.claim
        return UnsettledClaim(
            held=HeldClaim(scope=scope, owner_token=owner_token, attempt=row.attempt),
            activity_id=claim.activity_id,
            action=claim.action,
            upstream_key=claim.upstream_key,
            property_id=claim.property_id,
            resource_id=claim.resource_id,
            origin=claim.origin,
            sealed_command=claim.sealed_command,
            age_seconds=self._now() - row.claimed_at,
            settle_attempts=row.settle_attempts,
        )

    async def remove_expired(self, limit: int) -> int:
        expired = [
            scope
            for scope, row in self.rows.items()
            if row.expires_at is not None and row.expires_at < self._now()
        ][:limit]
        for scope in expired:
            del self.rows[scope]
        return len(expired)

    async def find(self, tenant_id: TenantId, activity_id: ActivityId) -> Activity | None:
        for owner, known_id, activity in reversed(self.activities):
            if (owner, known_id) == (tenant_id, activity_id):
                return activity
        for scope, row in self.rows.items():
            if scope.tenant_id == tenant_id and row.claim.activity_id == activity_id:
                is_held = row.state == "in_flight" and row.lease_until > self._now()
                return Activity(
                    state="in_flight" if is_held else "outcome_pending",
                    action=row.claim.action,
                    property_id=row.claim.property_id,
                    refusal_code=None,
                    result=None,
                )
        return None

    def _judge(self, row: ClaimRow, fingerprint: bytes) -> ClaimOutcome:
        if row.expires_at is not None and row.expires_at <= self._now():
            return "free"
        if row.claim.fingerprint != fingerprint:
            return "key_reused"
        if row.state == "released":
            return "free"
        if row.state == "stored":
            return "answer_erased" if row.sealed_answer is None else "stored"
        is_held = row.state == "in_flight" and row.lease_until > self._now()
        return "in_flight" if is_held else "outcome_pending"

    def _is_due(self, row: ClaimRow) -> bool:
        is_open = row.state in ("in_flight", "outcome_unknown")
        return is_open and max(row.lease_until, row.settle_after) <= self._now()

    def _held(self, held: HeldClaim, states: tuple[str, ...]) -> ClaimRow | None:
        row = self.rows.get(held.scope)
        if row is None or row.state not in states:
            return None
        is_holder = (row.claim.owner_token, row.attempt) == (held.owner_token, held.attempt)
        return row if is_holder else None

    async def ledger_of(self, tenant_id: TenantId) -> list[tuple[LockAuditId, str]]:
        return [(audit_id, word) for owner, audit_id, word in self.ledger if owner == tenant_id]

    def _append_to_ledger(self, row: ClaimRow, word: str) -> None:
        claim = row.claim
        if claim.key_intent is not None:
            self.ledger.append((claim.scope.tenant_id, audit_id_of(claim.activity_id), word))

    def _record(
        self,
        row: ClaimRow,
        state: str,
        refusal_code: str | None,
        result: dict[str, object] | None,
    ) -> None:
        activity = Activity(
            state=state,  # type: ignore[arg-type]  # the ledger's states are activity states
            action=row.claim.action,
            property_id=row.claim.property_id,
            refusal_code=refusal_code,
            result=result,
        )
        claim = row.claim
        self.activities.append((claim.scope.tenant_id, claim.activity_id, activity))

    def _answer(self, outcome: ClaimOutcome, row: ClaimRow) -> ClaimAnswer:
        is_new = outcome in ("claimed", "free")
        return ClaimAnswer(
            outcome=outcome,
            attempt=row.attempt,
            activity_id=row.claim.activity_id,
            sealed_answer=None if is_new else row.sealed_answer,
        )

    def _now(self) -> float:
        return self.clock.monotonic_seconds()
