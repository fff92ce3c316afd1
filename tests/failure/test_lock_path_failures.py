"""Fail the n-th call to the outside of a lock action, for every n, before or after it took effect.

Whatever fails: the vendor is asked at most once per attempt that is not surely undone, a key is
issued at most once, and every intent in the ledger gets its outcome.
"""

from dataclasses import dataclass, field

import pytest
from tests.fakes.failing import Moment, NthCall
from tests.fakes.lock_desk import LockPath, issue_key_request, lock_path
from tests.fakes.lock_keys import FakeLocks
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_claims import FakeMutationClaims

from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.lock import LockNotReachable
from bff_backoffice.foundation.errors import ServiceError

CALLS_MAX = 12
LEASE_SECONDS = 40
"""Longer than a lease and than a request can be under way: nothing that was sent arrives later."""


@dataclass(slots=True)
class Faulty:
    """A path whose n-th outside call fails, and the same path in good health."""

    nth: NthCall
    clock: ManualClock = field(default_factory=ManualClock)
    claims: FakeMutationClaims = field(init=False)
    locks: FakeLocks = field(default_factory=FakeLocks)
    faulty: LockPath = field(init=False)
    healthy: LockPath = field(init=False)

    def __post_init__(self) -> None:
        self.claims = FakeMutationClaims(self.clock)
        self.faulty = lock_path(
            claims=self.nth.watch(self.claims, lambda: StoreUnavailable("test")),
            locks=self.nth.watch(self.locks, self._lost),
            clock=self.clock,
        )
        self.healthy = lock_path(claims=self.claims, locks=self.locks, clock=self.clock)

    def _lost(self) -> Exception:
        if self.nth.moment == "before":
            return UpstreamFailure(upstream="lock-integration", reason="unreachable")
        return UpstreamFailure(upstream="lock-integration", reason="timeout")

    async def ask(self) -> int | str:
        try:
            return (await self.faulty.issue_key.run(issue_key_request())).answer.status
        except ServiceError as error:
            return error.code

    async def settle(self) -> None:
        for path in (self.faulty, self.healthy, self.healthy):
            self.clock.advance(LEASE_SECONDS)
            try:
                await path.reconciler.run_once()
            except StoreUnavailable:
                continue


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails_at", range(1, CALLS_MAX + 1))
@pytest.mark.parametrize("is_refused", [False, True], ids=["acts", "refuses"])
async def test_whatever_fails_no_door_gets_two_keys_and_no_intent_stays_without_outcome(
    fails_at: int,
    moment: Moment,
    is_refused: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    world = Faulty(NthCall(fails_at, moment))
    if is_refused:
        world.locks.decision = LockNotReachable()
    definite = 422 if is_refused else 201

    told = await world.ask()
    await world.settle()
    final = await world.healthy.issue_key.run(issue_key_request())

    assert told in (definite, 202, "mutation.store_unavailable", "mutation.upstream_unavailable")
    # Claimed and lost before it was sent: not performed, since nothing is ever sent late.
    assert final.answer.status in (definite, 409)
    assert len(world.locks.issued) == (0 if is_refused or final.answer.status == 409 else 1)
    assert len(world.locks.calls) <= 1
    words = [word for _, _, word in world.claims.ledger]
    assert words.count("intent") * 2 == len(words)
    assert words[::2] == ["intent"] * (len(words) // 2)
    assert set(words[1::2]) <= {"succeeded", "refused", "not_performed", "not_sent"}


async def test_the_suite_reaches_past_the_last_outside_call() -> None:
    world = Faulty(NthCall(CALLS_MAX + 1, "before"))

    await world.ask()
    await world.settle()

    assert world.nth.calls < CALLS_MAX
