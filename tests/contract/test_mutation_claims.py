"""What every keeper of claims promises: one suite for the fake and for PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.lock_keys import LOCK
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_claims import FakeMutationClaims
from tests.fakes.mutation_path import (
    FACTS,
    KEY,
    OPERATOR,
    OTHER_TENANT,
    PROPERTY,
    RESERVATION,
    TENANT,
)

from bff_backoffice.application.ports.activities import Activities
from bff_backoffice.application.ports.mutation_claims import HeldClaim, NewClaim, UnsettledClaims
from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.lock import KeyIntent, audit_id_of
from bff_backoffice.domain.message import Message
from bff_backoffice.domain.mutation import MutationOrigin, MutationOutcome, MutationState
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import (
    ActivityId,
    DeviceId,
    EventId,
    IdempotencyKey,
    LockAuditId,
    SessionId,
    TenantId,
    new_ulid,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.activities import PostgresActivities
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.lock_audits import PostgresLockAudits
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims

SCOPE = IdempotencyScope(tenant_id=TENANT, operator_id=OPERATOR, key=KEY)
FINGERPRINT = b"f" * 32
CLOCK = SystemClock()


class PostgresSuite(PostgresMutationClaims):
    """The API's rights while a client waits, the worker's for settling; each as in production."""

    def __init__(self, api: Database, worker: Database) -> None:
        super().__init__(api)
        settling = PostgresMutationClaims(worker)
        self.find_unsettled = settling.find_unsettled  # type: ignore[method-assign]  # the worker's
        self.take_over = settling.take_over  # type: ignore[method-assign]  # the worker's
        self.remove_expired = settling.remove_expired  # type: ignore[method-assign]  # the worker's
        self.find = PostgresActivities(api).find
        self._audits = PostgresLockAudits(api)

    async def ledger_of(self, tenant_id: TenantId) -> list[tuple[LockAuditId, str]]:
        rows = await self._audits.of_lock(tenant_id, PROPERTY, LOCK, before_seq=None, limit=100)
        return [(LockAuditId(row.audit_id), row.outcome or row.phase) for row in reversed(rows)]


class Suite(UnsettledClaims, Activities):
    """Both ports at once, and what the lock ledger says."""

    async def ledger_of(self, tenant_id: TenantId) -> list[tuple[LockAuditId, str]]:
        """Return the ledger's ids and words in order."""
        raise NotImplementedError


@pytest.fixture
def fake_claims() -> FakeMutationClaims:
    return FakeMutationClaims(ManualClock())


@pytest.fixture
async def postgres_claims(database: DatabaseUrls) -> AsyncIterator[PostgresSuite]:
    api = Database(SecretText(database.api), PoolPolicy(application_name="test-api"))
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test-worker"))
    yield PostgresSuite(api, worker)
    await api.close()
    await worker.close()


@pytest.fixture(
    params=["fake_claims", pytest.param("postgres_claims", marks=pytest.mark.integration)]
)
def claims(request: pytest.FixtureRequest) -> Suite:
    found: Suite = request.getfixturevalue(request.param)
    return found


def a_claim(*, lease_seconds: int = 15, scope: IdempotencyScope = SCOPE) -> NewClaim:
    return NewClaim(
        scope=scope,
        fingerprint=FINGERPRINT,
        owner_token=uuid4(),
        lease_seconds=lease_seconds,
        activity_id=ActivityId(f"act_{new_ulid(CLOCK)}"),
        action="reservation.check_in",
        upstream_key=scope.upstream_key("ulid"),
        property_id=PROPERTY,
        resource_id="rsv_01HZX8QJ5T9W2V4Y6B8D0F2H4K",
        origin=MutationOrigin(
            request_id=FACTS.request_id,
            traceparent=FACTS.traceparent,
            path="/bff/backoffice/v1/reservations/rsv_1/check-in",
            device_id=DeviceId("dev_1"),
            session_id=SessionId("bos_1"),
            app_version="1.4.2",
            app_platform=None,
            received_at=FACTS.received_at,
        ),
        sealed_command=b"\x00sealed",
    )


def holding(claim: NewClaim, attempt: int = 1) -> HeldClaim:
    return HeldClaim(scope=claim.scope, owner_token=claim.owner_token, attempt=attempt)


def an_outcome(claim: NewClaim, state: MutationState = "succeeded") -> MutationOutcome:
    return MutationOutcome(
        activity_id=claim.activity_id,
        state=state,
        settled_by="request",
        result={"reservation": {"state": "checked_in", "version": 4}},
    )


def a_message() -> Message:
    return Message(
        event_id=EventId(f"evt_{new_ulid(CLOCK)}"),
        tenant_id=TENANT,
        topic="melmastoon.bff.backoffice.activity",
        ordering_key=f"{TENANT}:rsv_1",
        event=b"{}",
    )


async def test_a_key_is_free_until_it_is_claimed(claims: Suite) -> None:
    before = await claims.peek(SCOPE, FINGERPRINT)
    claimed = await claims.claim(a_claim())
    after = await claims.peek(SCOPE, FINGERPRINT)

    assert before.outcome == "free"
    assert (claimed.outcome, claimed.attempt) == ("claimed", 1)
    assert after.outcome == "in_flight"


async def test_of_64_callers_with_one_key_one_gets_it(claims: Suite) -> None:
    answers = await asyncio.gather(*(claims.claim(a_claim()) for _ in range(64)))

    outcomes = [answer.outcome for answer in answers]
    assert outcomes.count("claimed") == 1
    assert outcomes.count("in_flight") == 63


async def test_another_fingerprint_is_a_key_reused(claims: Suite) -> None:
    await claims.claim(a_claim())

    answer = await claims.claim(replace(a_claim(), fingerprint=b"g" * 32))

    assert answer.outcome == "key_reused"
    assert answer.sealed_answer is None


async def test_a_settled_answer_comes_back_byte_for_byte(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)
    sealed = bytes(range(256))

    is_written = await claims.settle(
        holding(claim), an_outcome(claim), a_message(), sealed_answer=sealed
    )
    answer = await claims.claim(a_claim())

    assert is_written
    assert (answer.outcome, answer.sealed_answer) == ("stored", sealed)
    assert answer.activity_id == claim.activity_id


async def test_a_claim_is_settled_once(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)
    first = await claims.settle(
        holding(claim), an_outcome(claim), a_message(), sealed_answer=b"first"
    )

    second = await claims.settle(
        holding(claim), an_outcome(claim, "refused"), a_message(), sealed_answer=b"second"
    )

    found = await claims.find(TENANT, claim.activity_id)
    assert (first, second) == (True, False)
    assert found is not None
    assert found.state == "succeeded"
    assert found.result == {"reservation": {"state": "checked_in", "version": 4}}
    assert (await claims.peek(SCOPE, FINGERPRINT)).sealed_answer == b"first"


async def test_a_released_key_may_be_claimed_again_by_the_same_request_only(
    claims: Suite,
) -> None:
    claim = a_claim()
    await claims.claim(claim)

    is_released = await claims.release(holding(claim), "mutation.not_sent")
    other = await claims.claim(replace(a_claim(), fingerprint=b"g" * 32))
    again = await claims.claim(a_claim())

    found = await claims.find(TENANT, claim.activity_id)
    assert is_released
    assert other.outcome == "key_reused"
    assert (again.outcome, again.attempt) == ("claimed", 2)
    assert found is not None
    assert (found.state, found.refusal_code) == ("not_performed", "mutation.not_sent")


async def test_the_holder_of_a_released_key_can_no_longer_write(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)
    await claims.release(holding(claim), "mutation.not_sent")
    await claims.claim(a_claim())

    old = holding(claim)

    assert not await claims.settle(old, an_outcome(claim), a_message(), sealed_answer=b"late")
    assert not await claims.release(old, "mutation.not_sent")
    assert not await claims.defer(old, 0.0)
    assert (await claims.peek(SCOPE, FINGERPRINT)).outcome == "in_flight"


async def test_a_deferred_outcome_is_pending_and_due_when_its_time_comes(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)

    await claims.defer(holding(claim), 60.0)
    later = await claims.find_unsettled(10)
    await claims.defer(holding(claim), 0.0)
    now = await claims.find_unsettled(10)

    assert later == []
    assert now == [SCOPE]
    assert (await claims.claim(a_claim())).outcome == "outcome_pending"
    found = await claims.find(TENANT, claim.activity_id)
    assert found is not None
    assert found.state == "outcome_pending"


async def test_a_held_claim_is_nobody_elses(claims: Suite) -> None:
    await claims.claim(a_claim(lease_seconds=60))

    assert await claims.find_unsettled(10) == []
    assert await claims.take_over(SCOPE, uuid4(), 30) is None


async def test_a_claim_whose_lease_is_over_is_taken_over_with_all_it_holds(
    claims: Suite,
) -> None:
    claim = a_claim(lease_seconds=0)
    await claims.claim(claim)

    pending = await claims.claim(a_claim())
    taken = await claims.take_over(SCOPE, uuid4(), 30)
    second = await claims.take_over(SCOPE, uuid4(), 30)

    assert pending.outcome == "outcome_pending"
    assert taken is not None
    assert second is None
    assert taken.origin == claim.origin
    assert taken.sealed_command == claim.sealed_command
    assert (taken.upstream_key, taken.action) == (claim.upstream_key, claim.action)
    assert (taken.held.attempt, taken.settle_attempts) == (2, 1)
    assert 0.0 <= taken.age_seconds < 30


async def test_the_old_holder_is_fenced_and_the_new_one_settles(claims: Suite) -> None:
    claim = a_claim(lease_seconds=0)
    await claims.claim(claim)
    taken = await claims.take_over(SCOPE, uuid4(), 30)
    assert taken is not None

    late = await claims.settle(
        holding(claim), an_outcome(claim), a_message(), sealed_answer=b"late"
    )
    right = await claims.settle(taken.held, an_outcome(claim), a_message(), sealed_answer=b"right")

    assert (late, right) == (False, True)
    assert (await claims.claim(a_claim())).sealed_answer == b"right"


async def test_a_parked_outcome_stays_pending_and_leaves_the_reconcilers_alone(
    claims: Suite,
) -> None:
    claim = a_claim(lease_seconds=0)
    await claims.claim(claim)
    taken = await claims.take_over(SCOPE, uuid4(), 0)
    assert taken is not None

    await claims.settle(taken.held, an_outcome(claim, "parked"), a_message(), sealed_answer=None)

    found = await claims.find(TENANT, claim.activity_id)
    assert found is not None
    assert found.state == "parked"
    assert (await claims.claim(a_claim())).outcome == "outcome_pending"
    assert await claims.find_unsettled(10) == []


async def test_another_tenants_activity_is_as_good_as_missing(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)
    before = await claims.find(OTHER_TENANT, claim.activity_id)
    await claims.settle(holding(claim), an_outcome(claim), a_message(), sealed_answer=b"x")

    after = await claims.find(OTHER_TENANT, claim.activity_id)

    assert (before, after) == (None, None)


async def test_an_activity_under_way_says_so(claims: Suite) -> None:
    claim = a_claim()
    await claims.claim(claim)

    found = await claims.find(TENANT, claim.activity_id)

    assert found is not None
    assert (found.state, found.result) == ("in_flight", None)


async def test_what_is_unsettled_is_found_across_tenants_in_order(claims: Suite) -> None:
    scopes = [
        IdempotencyScope(
            tenant_id=tenant, operator_id=OPERATOR, key=IdempotencyKey(new_ulid(CLOCK))
        )
        for tenant in (TENANT, OTHER_TENANT)
    ]
    for scope in scopes:
        await claims.claim(a_claim(lease_seconds=0, scope=scope))

    assert await claims.find_unsettled(10) == scopes
    assert len(await claims.find_unsettled(1)) == 1


async def test_nothing_that_still_counts_is_removed(claims: Suite) -> None:
    settled, held = (
        a_claim(),
        a_claim(
            scope=IdempotencyScope(
                tenant_id=OTHER_TENANT, operator_id=OPERATOR, key=IdempotencyKey(new_ulid(CLOCK))
            )
        ),
    )
    await claims.claim(settled)
    await claims.claim(held)
    await claims.settle(holding(settled), an_outcome(settled), a_message(), sealed_answer=b"x")

    removed = await claims.remove_expired(100)

    assert removed == 0
    assert (await claims.peek(SCOPE, FINGERPRINT)).outcome == "stored"


def a_lock_claim() -> NewClaim:
    return replace(
        a_claim(),
        action="lock.issue_key",
        resource_id=LOCK,
        key_intent=KeyIntent(
            reservation_id=RESERVATION,
            vendor="salto",
            kind="rfid_card",
            valid_from=FACTS.received_at,
            valid_until=FACTS.received_at + timedelta(days=2),
            areas=("Gym",),
        ),
    )


async def test_a_claimed_lock_action_is_in_the_ledger_once_and_its_outcome_after_it(
    claims: Suite,
) -> None:
    claim = a_lock_claim()

    await claims.claim(claim)
    await claims.claim(replace(claim, owner_token=uuid4()))
    before = await claims.ledger_of(TENANT)
    await claims.settle(holding(claim), an_outcome(claim), a_message(), sealed_answer=b"x")
    fenced = await claims.settle(
        holding(claim, attempt=2), an_outcome(claim), a_message(), sealed_answer=b"x"
    )

    audit_id = audit_id_of(claim.activity_id)
    assert before == [(audit_id, "intent")]
    assert not fenced
    assert await claims.ledger_of(TENANT) == [(audit_id, "intent"), (audit_id, "succeeded")]
    assert await claims.ledger_of(OTHER_TENANT) == []


async def test_a_released_lock_action_was_not_sent(claims: Suite) -> None:
    claim = a_lock_claim()

    await claims.claim(claim)
    await claims.release(holding(claim), "mutation.not_sent")

    audit_id = audit_id_of(claim.activity_id)
    assert await claims.ledger_of(TENANT) == [(audit_id, "intent"), (audit_id, "not_sent")]


async def test_other_actions_are_not_in_the_lock_ledger(claims: Suite) -> None:
    claim = a_claim()

    await claims.claim(claim)
    await claims.settle(holding(claim), an_outcome(claim), a_message(), sealed_answer=b"x")

    assert await claims.ledger_of(TENANT) == []
