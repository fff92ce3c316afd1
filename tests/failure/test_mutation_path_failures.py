"""Fail the n-th call to the outside, for every n, before or after it took effect.

Whatever fails: the upstream acts at most once, one outcome is recorded with one event, the
client was never told success or failure that did not hold, and the same key then gets the
settled answer.
"""

from dataclasses import dataclass, field

import pytest
from tests.fakes.failing import Moment, NthCall
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_claims import FakeMutationClaims
from tests.fakes.mutation_path import MutationPath, check_in_request, mutation_path
from tests.fakes.reservation_mutations import FakeReservationMutations

from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.mutation import ReservationIllegalTransition
from bff_backoffice.foundation.errors import ServiceError

CALLS_MAX = 12
LEASE_SECONDS = 16


@dataclass(slots=True)
class Faulty:
    """A path whose n-th outside call fails, and the same path in good health."""

    nth: NthCall
    clock: ManualClock = field(default_factory=ManualClock)
    claims: FakeMutationClaims = field(init=False)
    reservations: FakeReservationMutations = field(default_factory=FakeReservationMutations)
    faulty: MutationPath = field(init=False)
    healthy: MutationPath = field(init=False)

    def __post_init__(self) -> None:
        self.claims = FakeMutationClaims(self.clock)
        self.faulty = mutation_path(
            claims=self.nth.watch(self.claims, lambda: StoreUnavailable("test")),
            reservations=self.nth.watch(self.reservations, self._lost),
            clock=self.clock,
        )
        self.healthy = mutation_path(
            claims=self.claims, reservations=self.reservations, clock=self.clock
        )

    def _lost(self) -> Exception:
        reason = "unreachable" if self.nth.moment == "before" else "timeout"
        return UpstreamFailure(upstream="reservation", reason=reason)  # type: ignore[arg-type]  # both are reasons

    async def ask(self) -> int | str:
        """Return the status the client saw, or the code of the refusal."""
        try:
            return (await self.faulty.check_in.run(check_in_request())).answer.status
        except ServiceError as error:
            return error.code

    async def settle(self) -> None:
        """Let the reconciler have its way, on the faulty path first."""
        for path in (self.faulty, self.healthy, self.healthy):
            self.clock.advance(LEASE_SECONDS)
            try:
                await path.reconciler.run_once()
            except StoreUnavailable:
                continue


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails_at", range(1, CALLS_MAX + 1))
@pytest.mark.parametrize("is_refused", [False, True], ids=["acts", "refuses"])
async def test_whatever_fails_the_action_happens_once_and_its_outcome_is_known(
    fails_at: int,
    moment: Moment,
    is_refused: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    world = Faulty(NthCall(fails_at, moment))
    if is_refused:
        world.reservations.decision = ReservationIllegalTransition()
    definite = 409 if is_refused else 200

    told = await world.ask()
    await world.settle()
    final = await world.healthy.check_in.run(check_in_request())

    assert told in (definite, 202, "mutation.store_unavailable", "mutation.upstream_unavailable")
    assert final.answer.status == definite
    assert len(world.reservations.acted) == (0 if is_refused else 1)
    outcomes = [activity.state for _, _, activity in world.claims.activities]
    assert outcomes.count("refused" if is_refused else "succeeded") == 1
    assert set(outcomes) <= {"refused" if is_refused else "succeeded", "not_performed"}
    assert len(world.claims.messages) == 1
    keys = {call.upstream_key for call in world.reservations.calls}
    assert len(keys) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails_at", range(1, CALLS_MAX + 1))
async def test_a_client_that_keeps_asking_meanwhile_makes_no_difference(
    fails_at: int, moment: Moment
) -> None:
    world = Faulty(NthCall(fails_at, moment))

    told = [await world.ask() for _ in range(3)]
    await world.settle()
    told.append((await world.healthy.check_in.run(check_in_request())).answer.status)

    assert told[-1] == 200
    assert len(world.reservations.acted) == 1
    assert len(world.claims.messages) == 1
    # Once told success, always told success.
    first_success = told.index(200)
    assert all(answer == 200 for answer in told[first_success:] if isinstance(answer, int))


async def test_the_suite_reaches_past_the_last_outside_call() -> None:
    world = Faulty(NthCall(CALLS_MAX + 1, "before"))

    await world.ask()
    await world.settle()

    assert world.nth.calls < CALLS_MAX
