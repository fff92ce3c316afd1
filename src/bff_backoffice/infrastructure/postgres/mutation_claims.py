"""Claims and their outcomes in PostgreSQL: one function call, one commit, one round trip each."""

from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from bff_backoffice.application.ports.mutation_claims import (
    ClaimAnswer,
    HeldClaim,
    NewClaim,
    UnsettledClaim,
)
from bff_backoffice.domain.idempotency import ANSWER_LIFETIME_SECONDS, IdempotencyScope
from bff_backoffice.domain.lock import KeyIntent, audit_id_of
from bff_backoffice.domain.message import Message
from bff_backoffice.domain.mutation import MutationOrigin, MutationOutcome
from bff_backoffice.foundation.identifiers import (
    ActivityId,
    IdempotencyKey,
    OperatorId,
    PropertyId,
    TenantId,
)
from bff_backoffice.infrastructure.postgres.database import Database

_PEEK: Final = "select * from bff.peek_mutation($1, $2, $3, $4)"
_CLAIM: Final = (
    "select * from bff.claim_mutation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
)
_CLAIM_LOCK_ACTION: Final = (
    "select * from bff.claim_lock_action($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
    " $14, $15, $16, $17, $18, $19, $20)"
)
_SETTLE: Final = (
    "select bff.settle_mutation"
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) as is_written"
)
_RELEASE: Final = "select bff.release_mutation($1, $2, $3, $4, $5, $6, $7) as is_written"
_DEFER: Final = "select bff.defer_mutation($1, $2, $3, $4, $5, $6) as is_written"
_TAKE_OVER: Final = """
select *, extract(epoch from clock_timestamp() - claimed_at)::double precision as age_seconds
from bff.take_over_mutation($1, $2, $3, $4, $5)
"""
_FIND_UNSETTLED: Final = """
select tenant_id, operator_id, idempotency_key
from bff.idempotency
where state in ('in_flight', 'outcome_unknown')
  and settle_after <= clock_timestamp() and lease_until <= clock_timestamp()
order by settle_after
limit $1
"""
_REMOVE_EXPIRED: Final = """
delete from bff.idempotency
where expires_at < now()
  and ctid = any (array(
      select ctid from bff.idempotency
      where expires_at < now()
      order by expires_at
      limit $1
  ))
"""
"""Takes no row locks ahead: row-level security lets the worker lock one tenant's rows only."""


class PostgresMutationClaims:
    """Implements MutationClaims with bff_api's rights, UnsettledClaims with bff_worker's."""

    fails: Final = "closed"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def peek(self, scope: IdempotencyScope, fingerprint: bytes) -> ClaimAnswer:
        """Tell what a claim would find, and claim nothing."""
        row = await self._database.fetch_row(_PEEK, *_place(scope), fingerprint)
        return _claim_answer(row)

    async def claim(self, claim: NewClaim) -> ClaimAnswer:
        """Claim the key: of any number of callers exactly one is answered `claimed`."""
        intent = claim.key_intent
        row = await self._database.fetch_row(
            _CLAIM if intent is None else _CLAIM_LOCK_ACTION,
            *_place(claim.scope),
            claim.fingerprint,
            claim.owner_token,
            claim.lease_seconds,
            claim.activity_id,
            claim.action,
            claim.upstream_key,
            claim.property_id,
            claim.resource_id,
            msgspec.json.encode(claim.origin).decode(),
            claim.sealed_command,
            *(() if intent is None else _ledger_fields(claim.activity_id, intent)),
        )
        return _claim_answer(row)

    async def settle(
        self,
        held: HeldClaim,
        outcome: MutationOutcome,
        message: Message,
        *,
        sealed_answer: bytes | None,
    ) -> bool:
        """Write outcome, answer, activity and message together, or nothing."""
        result = outcome.result
        return await self._write(
            _SETTLE,
            held,
            outcome.state,
            sealed_answer,
            ANSWER_LIFETIME_SECONDS,
            outcome.refusal_code,
            None if result is None else msgspec.json.encode(result).decode(),
            outcome.settled_by,
            message.event_id,
            message.topic,
            message.ordering_key,
            message.event.decode(),
        )

    async def release(self, held: HeldClaim, refusal_code: str) -> bool:
        """Give the key back, since nothing was sent, and record that."""
        return await self._write(_RELEASE, held, ANSWER_LIFETIME_SECONDS, refusal_code)

    async def defer(self, held: HeldClaim, settle_after_seconds: float) -> bool:
        """Leave the outcome to the reconciler."""
        return await self._write(_DEFER, held, settle_after_seconds)

    async def find_unsettled(self, limit: int) -> list[IdempotencyScope]:
        """Return claims of any tenant that wait to be settled now."""
        rows = await self._database.fetch(_FIND_UNSETTLED, limit)
        return [
            IdempotencyScope(
                tenant_id=TenantId(row["tenant_id"]),
                operator_id=OperatorId(row["operator_id"]),
                key=IdempotencyKey(row["idempotency_key"]),
            )
            for row in rows
        ]

    async def take_over(
        self, scope: IdempotencyScope, owner_token: UUID, lease_seconds: int
    ) -> UnsettledClaim | None:
        """Become the claim's holder; None when somebody else was faster."""
        row = await self._database.fetch_row(_TAKE_OVER, *_place(scope), owner_token, lease_seconds)
        if row is None:
            return None
        return UnsettledClaim(
            held=HeldClaim(scope=scope, owner_token=owner_token, attempt=row["attempt"]),
            activity_id=ActivityId(row["activity_id"]),
            action=row["action"],
            upstream_key=row["upstream_key"],
            property_id=PropertyId(row["property_id"]),
            resource_id=row["resource_id"],
            origin=msgspec.json.decode(row["origin"], type=MutationOrigin),
            sealed_command=row["sealed_command"],
            age_seconds=row["age_seconds"],
            settle_attempts=row["settle_attempts"],
        )

    async def remove_expired(self, limit: int) -> int:
        """Delete answers and released keys that are past their lifetime."""
        return await self._database.execute(_REMOVE_EXPIRED, limit)

    async def _write(self, statement: str, held: HeldClaim, *arguments: object) -> bool:
        row = await self._database.fetch_row(
            statement, *_place(held.scope), held.owner_token, held.attempt, *arguments
        )
        return row is not None and row["is_written"] is True


def _place(scope: IdempotencyScope) -> tuple[str, str, str]:
    return scope.tenant_id, scope.operator_id, scope.key


def _ledger_fields(activity_id: ActivityId, intent: KeyIntent) -> tuple[object, ...]:
    return (
        audit_id_of(activity_id),
        intent.reservation_id,
        intent.vendor,
        intent.kind,
        intent.valid_from,
        intent.valid_until,
        list(intent.areas),
    )


def _claim_answer(row: asyncpg.Record | None) -> ClaimAnswer:
    if row is None:
        raise TypeError("the function returned no row")
    return msgspec.convert(dict(row), ClaimAnswer)
