"""Settling outcomes nobody saw: read first, act at most once, never late."""

import asyncio
import json
from uuid import uuid4

import pytest
from tests.fakes.failing import NthCall
from tests.fakes.mutation_path import (
    PROPERTY,
    TENANT,
    FakeDesk,
    check_in_request,
    mutation_path,
)
from tests.fakes.reservation_mutations import FakeReservationMutations

from bff_backoffice.application.mutations.settle_unknown import (
    LATE_ARRIVAL_SECONDS,
    PARK_AFTER_SECONDS,
)
from bff_backoffice.application.ports.mutation_claims import HeldClaim
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.activity import Activity
from bff_backoffice.domain.mutation import ReservationAfter, ReservationRoomNotReady
from bff_backoffice.foundation.identifiers import IdempotencyKey, ReservationId

OTHER_KEY = IdempotencyKey("01HZX8QJ5T9W2V4Y6B8D0F2H9Z")


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


async def lose_the_answer(desk: FakeDesk, *, acted: bool) -> None:
    desk.reservations.failures = [("after_acting" if acted else "before_acting", "timeout")]
    forwarded = await desk.path.check_in.run(check_in_request())
    assert forwarded.answer.status == 202


def activities(desk: FakeDesk) -> list[Activity]:
    return [activity for _, _, activity in desk.claims.activities]


async def test_what_the_upstream_did_is_read_and_becomes_the_answer(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    desk.clock.advance(2)

    report = await desk.path.reconciler.run_once()
    replay = await desk.path.check_in.run(check_in_request())

    assert (report.found, report.settled) == (1, 1)
    assert (replay.answer.status, replay.is_replay) == (200, True)
    assert [activity.state for activity in activities(desk)] == ["succeeded"]
    assert len(desk.claims.messages) == 1
    assert len(desk.reservations.calls) == 1


async def test_views_that_show_it_are_told_once_it_is_known(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    before = list(desk.path.changes.topics)
    desk.clock.advance(2)

    await desk.path.reconciler.run_once()

    assert before == []
    assert f"{TENANT}/{PROPERTY}/reservation" in desk.path.changes.topics


async def test_a_refusal_on_record_becomes_the_answer(desk: FakeDesk) -> None:
    desk.reservations.decision = ReservationRoomNotReady()
    await lose_the_answer(desk, acted=True)
    desk.clock.advance(2)

    await desk.path.reconciler.run_once()
    replay = await desk.path.check_in.run(check_in_request())

    assert (replay.answer.status, replay.is_replay) == (409, True)
    assert [activity.state for activity in activities(desk)] == ["refused"]
    assert desk.reservations.acted == []


async def test_a_young_action_that_never_arrived_is_sent_again_with_the_same_key(
    desk: FakeDesk,
) -> None:
    await lose_the_answer(desk, acted=False)
    desk.clock.advance(2)

    await desk.path.reconciler.run_once()
    replay = await desk.path.check_in.run(check_in_request())

    first, second = desk.reservations.calls
    assert first.upstream_key == second.upstream_key
    assert replay.answer.status == 200
    assert len(desk.reservations.acted) == 1


async def test_an_old_action_that_never_arrived_is_not_performed(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=False)
    desk.clock.advance(60 + LATE_ARRIVAL_SECONDS + 1)

    await desk.path.reconciler.run_once()
    replay = await desk.path.check_in.run(check_in_request())

    error = json.loads(replay.answer.body)["error"]  # noqa: TID251 - a test reads what it was sent
    assert error["code"] == "MELMASTOON.BFF.BACKOFFICE.MUTATION_NOT_PERFORMED"
    assert [activity.state for activity in activities(desk)] == ["not_performed"]
    assert len(desk.reservations.calls) == 1
    assert desk.reservations.acted == []


async def test_a_request_that_may_still_arrive_is_not_called_undone(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=False)
    desk.clock.advance(60 + LATE_ARRIVAL_SECONDS / 2)

    report = await desk.path.reconciler.run_once()

    assert (report.settled, report.postponed) == (0, 1)
    assert len(desk.reservations.calls) == 1
    assert activities(desk) == []


async def test_an_upstream_that_cannot_be_read_is_asked_later_and_later(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    desk.reservations.read_failures = ["timeout"] * 3
    waits: list[float] = []

    desk.clock.advance(1)
    for _ in range(3):
        before = desk.clock.monotonic_seconds()
        assert (await desk.path.reconciler.run_once()).postponed == 1
        (row,) = desk.claims.rows.values()
        waits.append(row.settle_after - before)
        desk.clock.advance(row.settle_after - before)
    report = await desk.path.reconciler.run_once()

    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert report.settled == 1
    assert len(desk.reservations.acted) == 1


async def test_what_cannot_be_found_out_for_an_hour_is_left_to_a_person(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    desk.reservations.read_failures = ["timeout"]
    desk.clock.advance(PARK_AFTER_SECONDS + 1)

    report = await desk.path.reconciler.run_once()
    again = await desk.path.check_in.run(check_in_request())
    quiet = await desk.path.reconciler.run_once()

    assert report.parked == 1
    assert again.answer.status == 202
    assert [activity.state for activity in activities(desk)] == ["parked"]
    assert quiet.found == 0


async def test_a_dead_holders_claim_is_taken_over_and_the_dead_cannot_write(
    desk: FakeDesk,
) -> None:
    await lose_the_answer(desk, acted=True)
    (row,) = desk.claims.rows.values()
    row.state, row.lease_until = "in_flight", desk.clock.monotonic_seconds() + 15
    old = HeldClaim(scope=row.claim.scope, owner_token=row.claim.owner_token, attempt=row.attempt)

    too_early = await desk.path.reconciler.run_once()
    desk.clock.advance(16)
    report = await desk.path.reconciler.run_once()

    assert too_early.found == 0
    assert report.settled == 1
    assert not await desk.claims.defer(old, 1.0)
    assert not await desk.claims.release(old, "mutation.not_sent")
    assert [activity.state for activity in activities(desk)] == ["succeeded"]


async def test_two_reconcilers_settle_a_claim_once(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    desk.clock.advance(2)

    one, two = await asyncio.gather(
        desk.path.reconciler.run_once(), desk.path.reconciler.run_once()
    )

    assert (one.found, two.found) == (1, 1)
    assert one.settled + two.settled == 1
    assert [activity.state for activity in activities(desk)] == ["succeeded"]


async def test_an_action_of_another_release_waits_for_that_releases_worker(
    desk: FakeDesk,
) -> None:
    await lose_the_answer(desk, acted=True)
    (row,) = desk.claims.rows.values()
    object.__setattr__(row.claim, "action", "reservation.unheard_of")
    desk.clock.advance(2)

    report = await desk.path.reconciler.run_once()

    assert report.postponed == 1
    assert activities(desk) == []


async def test_an_asking_again_that_fails_too_is_read_again_later(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=False)
    desk.clock.advance(2)
    desk.reservations.failures = [("after_acting", "timeout")]

    first = await desk.path.reconciler.run_once()
    desk.clock.advance(60)
    second = await desk.path.reconciler.run_once()

    assert (first.postponed, second.settled) == (1, 1)
    assert len(desk.reservations.acted) == 1
    assert [activity.state for activity in activities(desk)] == ["succeeded"]


async def test_an_asking_again_that_is_refused_is_settled_as_refused(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=False)
    desk.clock.advance(2)
    desk.reservations.decision = ReservationRoomNotReady()

    report = await desk.path.reconciler.run_once()

    assert report.settled == 1
    assert [activity.state for activity in activities(desk)] == ["refused"]


@pytest.mark.parametrize("command", [None, b"sealed with a key that is gone"])
async def test_a_command_that_cannot_be_read_is_never_guessed(
    desk: FakeDesk, command: bytes | None
) -> None:
    await lose_the_answer(desk, acted=False)
    (row,) = desk.claims.rows.values()
    object.__setattr__(row.claim, "sealed_command", command)
    desk.clock.advance(2)

    report = await desk.path.reconciler.run_once()

    assert report.postponed == 1
    assert len(desk.reservations.calls) == 1


async def test_a_claim_whose_holder_cannot_be_changed_now_does_not_stop_the_others(
    desk: FakeDesk,
) -> None:
    await lose_the_answer(desk, acted=True)
    desk.reservations.failures = [("after_acting", "timeout")]
    await desk.path.check_in.run(check_in_request(key=OTHER_KEY))
    desk.clock.advance(2)
    nth = NthCall(2, "before")
    shaky = mutation_path(
        claims=nth.watch(desk.claims, lambda: StoreUnavailable("test")),
        reservations=desk.reservations,
        clock=desk.clock,
    )

    report = await shaky.reconciler.run_once()

    assert (report.found, report.settled, report.postponed) == (2, 1, 1)


async def test_a_claim_lost_while_it_is_read_is_not_written(desk: FakeDesk) -> None:
    await lose_the_answer(desk, acted=True)
    desk.clock.advance(2)
    (scope,) = await desk.claims.find_unsettled(1)

    class Slow(FakeReservationMutations):
        async def read_outcome(
            self, reservation_id: ReservationId, call: MutationCall
        ) -> ReservationAfter | None:
            desk.clock.advance(60)
            assert await desk.claims.take_over(scope, uuid4(), 30) is not None
            return await desk.reservations.read_outcome(reservation_id, call)

    slow = mutation_path(claims=desk.claims, reservations=Slow(), clock=desk.clock)
    report = await slow.reconciler.run_once()

    assert (report.found, report.settled) == (1, 0)
    assert activities(desk) == []
