"""The one mutation path, from claim to answer."""

import asyncio
import json
from uuid import uuid4

import pytest
from tests.fakes.failing import NthCall
from tests.fakes.mutation_path import (
    KEY,
    OTHER_ROOM,
    OTHER_TENANT,
    PROPERTY,
    RESERVATION,
    ROOM,
    TENANT,
    FakeDesk,
    check_in_request,
    mutation_path,
    principal,
)

from bff_backoffice.application.mutations import forward
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.room_choice import StayRoom
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstream_calls import NotFoundUpstream
from bff_backoffice.application.ports.upstreams import NOT_SENT, FailureReason, UpstreamFailure
from bff_backoffice.domain.idempotency import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    StoredAnswerErased,
)
from bff_backoffice.domain.mutation import (
    CheckIn,
    MutationsOverloaded,
    MutationUpstreamUnavailable,
    ReservationAfter,
    ReservationNoRoomReady,
    ReservationNotFound,
    ReservationRoomNotReady,
)
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, ReservationId

UNKNOWN: tuple[FailureReason, ...] = (
    "timeout", "reset", "error", "too_large", "malformed", "wrong_shape",
)  # fmt: skip


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


async def test_the_answer_tells_the_number_of_a_room_that_was_chosen_here(
    desk: FakeDesk,
) -> None:
    desk.path.rooms.stay = StayRoom(room_id=None, room_type_id="rmt_double")
    desk.path.rooms.ready = [ROOM]
    desk.path.rooms.types = {ROOM: "rmt_double"}

    forwarded = await desk.path.check_in.run(check_in_request(room_id=None))

    body = json.loads(forwarded.answer.body)  # noqa: TID251 - a test reads what it was sent
    assert body["reservation"] == {
        "id": RESERVATION, "state": "checked_in", "roomId": ROOM, "roomNumber": ROOM[-2:],
        "version": 4,
    }  # fmt: skip


async def test_a_check_in_is_performed_recorded_and_told_once(desk: FakeDesk) -> None:
    forwarded = await desk.path.check_in.run(check_in_request())

    body = json.loads(forwarded.answer.body)  # noqa: TID251 - a test reads what it was sent
    assert forwarded.answer.status == 200
    assert not forwarded.is_replay
    assert body["reservation"] == {
        "id": RESERVATION, "state": "checked_in", "roomId": ROOM, "version": 4,
    }  # fmt: skip
    ((tenant, activity_id, activity),) = desk.claims.activities
    assert (activity_id, activity.state) == (body["activityId"], "succeeded")
    assert tenant == principal().tenant_id
    assert len(desk.claims.messages) == 1
    assert len(desk.reservations.acted) == 1


async def test_the_same_request_again_gets_the_same_bytes_and_nothing_happens(
    desk: FakeDesk,
) -> None:
    first = await desk.path.check_in.run(check_in_request(note="Late arrival"))

    second = await desk.path.check_in.run(check_in_request(note="Late arrival"))

    assert second.is_replay
    assert second.answer == first.answer
    assert len(desk.reservations.calls) == 1
    assert len(desk.claims.messages) == len(desk.claims.activities) == 1


@pytest.mark.parametrize(
    "other",
    [
        check_in_request(room_id=OTHER_ROOM),
        check_in_request(note="another body"),
        check_in_request(reservation_id=ReservationId("rsv_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")),
        check_in_request(property_id=PropertyId("prop_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")),
        check_in_request(query={"dryRun": "true"}),
    ],
    ids=["room", "body", "path", "property", "query"],
)
async def test_a_key_used_for_anything_else_is_refused(desk: FakeDesk, other: object) -> None:
    await desk.path.check_in.run(check_in_request())

    with pytest.raises(IdempotencyKeyReused):
        await desk.path.check_in.run(other)  # type: ignore[arg-type]  # parametrised requests

    assert len(desk.reservations.calls) == 1
    assert len(desk.claims.activities) == 1


@pytest.mark.parametrize(
    "stranger",
    [
        principal(operator_id=OperatorId("opr_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")),
        principal(tenant_id=OTHER_TENANT),
    ],
    ids=["operator", "tenant"],
)
async def test_anybody_elses_equal_key_is_another_key(desk: FakeDesk, stranger: object) -> None:
    await desk.path.check_in.run(check_in_request())

    forwarded = await desk.path.check_in.run(
        check_in_request(caller=stranger)  # type: ignore[arg-type]  # parametrised callers
    )

    assert not forwarded.is_replay
    ours, theirs = desk.reservations.calls
    assert ours.upstream_key != theirs.upstream_key


@pytest.mark.parametrize("reason", [*sorted(NOT_SENT), "rejected"])
async def test_what_was_not_sent_gives_the_key_back(desk: FakeDesk, reason: FailureReason) -> None:
    desk.reservations.failures = [("before_acting", reason)]

    with pytest.raises(MutationUpstreamUnavailable) as refused:
        await desk.path.check_in.run(check_in_request())
    again = await desk.path.check_in.run(check_in_request())

    assert refused.value.retry_after_seconds
    assert (again.answer.status, again.is_replay) == (200, False)
    states = [activity.state for _, _, activity in desk.claims.activities]
    assert states == ["not_performed", "succeeded"]
    assert len(desk.reservations.acted) == 1


@pytest.mark.parametrize("reason", UNKNOWN)
async def test_an_unknown_outcome_is_told_as_pending_and_not_stored(
    desk: FakeDesk, reason: FailureReason
) -> None:
    desk.reservations.failures = [("after_acting", reason)]

    first = await desk.path.check_in.run(check_in_request())
    second = await desk.path.check_in.run(check_in_request())

    body = json.loads(first.answer.body)  # noqa: TID251 - a test reads what it was sent
    assert first.answer.status == second.answer.status == 202
    assert body["status"] == "outcome_pending"
    assert body["statusUrl"] == f"/bff/backoffice/v1/activities/{body['activityId']}"
    assert second.answer.body == first.answer.body
    assert not second.is_replay
    assert len(desk.reservations.calls) == 1
    assert desk.claims.activities == []
    assert desk.claims.messages == []


async def test_a_definite_refusal_is_stored_and_comes_again_byte_for_byte(
    desk: FakeDesk,
) -> None:
    desk.reservations.decision = ReservationRoomNotReady(fields=(("roomId", "not_ready"),))

    first = await desk.path.check_in.run(check_in_request())
    second = await desk.path.check_in.run(check_in_request())

    error = json.loads(first.answer.body)["error"]  # noqa: TID251 - a test reads what it was sent
    assert first.answer.status == 409
    assert error["code"] == "MELMASTOON.BFF.BACKOFFICE.ROOM_NOT_READY"
    assert error["errors"] == [{"field": "roomId", "code": "not_ready"}]
    assert second.is_replay
    assert second.answer == first.answer
    assert len(desk.reservations.calls) == 1
    assert desk.claims.activities[0][2].refusal_code == "reservation.room_not_ready"


async def test_an_open_breaker_refuses_before_anything_is_claimed(desk: FakeDesk) -> None:
    desk.reservations.refuses_with = "breaker_open"

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.path.check_in.run(check_in_request())

    assert desk.claims.rows == {}
    assert desk.reservations.calls == []


async def test_an_open_breaker_does_not_hide_a_stored_answer(desk: FakeDesk) -> None:
    first = await desk.path.check_in.run(check_in_request())
    desk.reservations.refuses_with = "breaker_open"

    second = await desk.path.check_in.run(check_in_request())

    assert second.answer == first.answer
    assert second.is_replay


class SlowReservations:
    """Acts only when told, so that a test can look at what is under way."""

    def __init__(self, desk: FakeDesk) -> None:
        self.desk = desk
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    def refusal(self) -> None:
        return None

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        self.begun.set()
        await self.gate.wait()
        return await self.desk.reservations.check_in(command, call)

    async def read_outcome(
        self, reservation_id: ReservationId, call: MutationCall
    ) -> ReservationAfter | None:
        return await self.desk.reservations.read_outcome(reservation_id, call)


async def test_a_client_that_hangs_up_changes_nothing_about_the_action(desk: FakeDesk) -> None:
    slow = SlowReservations(desk)
    path = mutation_path(claims=desk.claims, reservations=slow, clock=desk.clock)
    client = asyncio.create_task(path.check_in.run(check_in_request()))
    await slow.begun.wait()

    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    slow.gate.set()
    assert await path.running.drain(Deadline.after(5, desk.clock)) == 0

    again = await path.check_in.run(check_in_request())
    assert (again.answer.status, again.is_replay) == (200, True)
    assert len(desk.reservations.acted) == 1


async def test_the_same_key_meanwhile_is_in_flight(desk: FakeDesk) -> None:
    slow = SlowReservations(desk)
    path = mutation_path(claims=desk.claims, reservations=slow, clock=desk.clock)
    client = asyncio.create_task(path.check_in.run(check_in_request()))
    await slow.begun.wait()

    with pytest.raises(IdempotencyInFlight) as refused:
        await path.check_in.run(check_in_request())
    slow.gate.set()

    assert refused.value.retry_after_seconds == 1
    assert (await client).answer.status == 200


async def test_too_many_actions_are_refused_before_anything_is_claimed(desk: FakeDesk) -> None:
    path = mutation_path(
        claims=desk.claims, reservations=desk.reservations, clock=desk.clock, under_way_max=0
    )

    with pytest.raises(MutationsOverloaded):
        await path.check_in.run(check_in_request())

    assert desk.claims.rows == {}


class BrokenReservations(SlowReservations):
    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        await self.desk.reservations.check_in(command, call)
        raise ZeroDivisionError


async def test_a_mistake_of_ours_after_sending_leaves_the_outcome_unknown(
    desk: FakeDesk,
) -> None:
    path = mutation_path(
        claims=desk.claims, reservations=BrokenReservations(desk), clock=desk.clock
    )

    with pytest.raises(ZeroDivisionError):
        await path.check_in.run(check_in_request())
    again = await path.check_in.run(check_in_request())

    assert again.answer.status == 202
    assert len(desk.reservations.acted) == 1


async def test_without_a_room_the_reservations_own_is_taken(desk: FakeDesk) -> None:
    await desk.path.check_in.run(check_in_request(room_id=None))

    assert desk.reservations.acted[0].room_id == ROOM


async def test_without_any_room_the_first_ready_one_of_its_type_is_taken(
    desk: FakeDesk,
) -> None:
    desk.path.rooms.stay = StayRoom(room_id=None, room_type_id="rmt_double")
    desk.path.rooms.ready = [OTHER_ROOM, ROOM]
    desk.path.rooms.types = {OTHER_ROOM: "rmt_single", ROOM: "rmt_double"}

    await desk.path.check_in.run(check_in_request(room_id=None))

    assert desk.reservations.acted[0].room_id == ROOM


async def test_a_repeat_without_a_room_asks_nobody_for_one(desk: FakeDesk) -> None:
    first = await desk.path.check_in.run(check_in_request(room_id=None))
    desk.path.rooms.failure = UpstreamFailure(upstream="reservation", reason="error")
    asked = desk.path.rooms.asked

    second = await desk.path.check_in.run(check_in_request(room_id=None))

    assert (second.answer, second.is_replay) == (first.answer, True)
    assert desk.path.rooms.asked == asked


@pytest.mark.parametrize(
    ("stay", "failure", "expected"),
    [
        (None, None, ReservationNotFound),
        (StayRoom(room_id=None, room_type_id="rmt_double"), None, ReservationNoRoomReady),
        (
            None,
            UpstreamFailure(upstream="housekeeping", reason="timeout"),
            MutationUpstreamUnavailable,
        ),
    ],
)
async def test_where_no_room_can_be_chosen_nothing_is_claimed(
    desk: FakeDesk,
    stay: StayRoom | None,
    failure: UpstreamFailure | None,
    expected: type[Exception],
) -> None:
    desk.path.rooms.stay, desk.path.rooms.failure = stay, failure

    with pytest.raises(expected):
        await desk.path.check_in.run(check_in_request(room_id=None))

    assert desk.claims.rows == {}
    assert desk.reservations.calls == []


@pytest.mark.parametrize(
    "failure",
    [
        UpstreamFailure(upstream="housekeeping", reason="timeout"),
        NotFoundUpstream("housekeeping"),
    ],
)
async def test_housekeeping_that_does_not_say_what_is_ready_is_a_503_and_no_claim(
    desk: FakeDesk, failure: Exception
) -> None:
    desk.path.rooms.stay = StayRoom(room_id=None, room_type_id="rmt_double")
    desk.path.rooms.ready_failure = failure

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.path.check_in.run(check_in_request(room_id=None))

    assert desk.claims.rows == {}


async def test_a_call_that_ignores_its_deadline_is_given_up_as_unknown(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "DEADLINE_GRACE_SECONDS", 0.01)
    slow = SlowReservations(desk)
    path = mutation_path(claims=desk.claims, reservations=slow, clock=desk.clock)
    path.rooms.on_asked = lambda: desk.clock.advance(60)

    forwarded = await path.check_in.run(check_in_request(room_id=None))

    assert slow.begun.is_set()
    assert forwarded.answer.status == 202
    assert [row.state for row in desk.claims.rows.values()] == ["outcome_unknown"]


class FencedReservations(SlowReservations):
    """Loses its claim to the reconciler while it is asking."""

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        self.desk.clock.advance(60)
        (scope,) = await self.desk.claims.find_unsettled(1)
        assert await self.desk.claims.take_over(scope, uuid4(), 30) is not None
        return await self.desk.reservations.check_in(command, call)


@pytest.mark.parametrize("failure", [None, "deadline_spent", "timeout"])
async def test_a_process_that_lost_its_claim_writes_nothing_and_promises_nothing(
    desk: FakeDesk, failure: FailureReason | None
) -> None:
    if failure is not None:
        desk.reservations.failures = [("before_acting", failure)]
    path = mutation_path(
        claims=desk.claims, reservations=FencedReservations(desk), clock=desk.clock
    )

    forwarded = await path.check_in.run(check_in_request())

    assert forwarded.answer.status == 202
    assert desk.claims.activities == []
    assert desk.claims.messages == []


async def test_a_release_that_cannot_be_written_is_told_as_pending(desk: FakeDesk) -> None:
    desk.reservations.failures = [("before_acting", "unreachable")]
    nth = NthCall(2, "before")
    shaky = mutation_path(
        claims=nth.watch(desk.claims, lambda: StoreUnavailable("test")),
        reservations=desk.reservations,
        clock=desk.clock,
    )

    forwarded = await shaky.check_in.run(check_in_request())

    assert forwarded.answer.status == 202
    assert [row.state for row in desk.claims.rows.values()] == ["in_flight"]


async def test_a_name_in_place_of_an_id_is_refused_before_anything_is_written(
    desk: FakeDesk,
) -> None:
    with pytest.raises(ReservationNotFound):
        await desk.path.check_in.run(
            check_in_request(reservation_id=ReservationId("Ahmad Wali Karimi"))
        )

    assert desk.claims.rows == {}
    assert desk.claims.messages == []


async def test_views_that_show_it_are_told_before_the_answer_and_not_on_replays(
    desk: FakeDesk,
) -> None:
    await desk.path.check_in.run(check_in_request())
    told = list(desk.path.changes.topics)
    await desk.path.check_in.run(check_in_request())

    assert f"{TENANT}/{PROPERTY}/reservation" in told
    assert f"{TENANT}/{PROPERTY}/housekeeping" in told
    assert desk.path.changes.topics == told


@pytest.mark.parametrize("what", ["erased", "sealed with a key that is gone"])
async def test_an_answer_that_cannot_be_read_any_more_is_not_done_again(
    desk: FakeDesk, what: str
) -> None:
    await desk.path.check_in.run(check_in_request())
    (row,) = desk.claims.rows.values()
    row.sealed_answer = None if what == "erased" else b"\x01other-key" + b"0" * 40

    with pytest.raises(StoredAnswerErased):
        await desk.path.check_in.run(check_in_request())

    assert len(desk.reservations.acted) == 1


async def test_stored_answer_and_command_are_unreadable_in_the_store(desk: FakeDesk) -> None:
    await desk.path.check_in.run(check_in_request(note="Ahmad Wali is a friend"))

    (row,) = desk.claims.rows.values()
    assert row.sealed_answer is not None
    assert b"Ahmad" not in row.claim.sealed_command
    assert b"checked_in" not in row.sealed_answer


async def test_a_key_is_free_again_when_its_day_is_over(desk: FakeDesk) -> None:
    await desk.path.check_in.run(check_in_request())
    desk.clock.advance(24 * 3600 + 1)

    forwarded = await desk.path.check_in.run(check_in_request(key=KEY))

    assert not forwarded.is_replay
