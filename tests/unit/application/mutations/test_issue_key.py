"""A key is issued once, for the guest's own door, and never asked for a second time."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from tests.fakes.lock_desk import LockDesk, issue_key_request
from tests.fakes.lock_keys import GUEST_NAME
from tests.fakes.mutation_path import OTHER_ROOM

from bff_backoffice.application.mutations.issue_key import IssueKeyRequest
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.lock import (
    LockKindUnsupported,
    LockNotFound,
    LockNotReachable,
    LockReservationNotCheckedIn,
    LockRoomMismatch,
    LockValidityInvalid,
)
from bff_backoffice.domain.mutation import MutationUpstreamUnavailable, ReservationNotFound
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import LockId, ReservationId

LATE = 31
"""Seconds after which nothing that was sent can still arrive."""


async def test_a_key_answers_as_promised_and_stands_in_the_ledger_twice() -> None:
    desk = LockDesk()

    first = await desk.issue()
    again = await desk.issue()

    body = msgspec.json.decode(first.answer.body)
    assert first.answer.status == 201
    assert body["credential"] == {
        "id": f"key_{1:026d}", "kind": "mobile_app", "state": "active", "vendor": "ttlock",
    }  # fmt: skip
    assert body["auditId"] == "lap_" + body["activityId"].removeprefix("act_")
    assert (again.answer, again.is_replay) == (first.answer, True)
    assert len(desk.locks.calls) == 1
    assert desk.ledger == ["intent", "succeeded"]


async def test_the_lock_service_is_told_what_it_needs() -> None:
    desk = LockDesk()

    await desk.issue()

    (command,) = desk.locks.issued
    assert (command.guest_name, command.kind, command.areas) == (
        GUEST_NAME, "mobile_app", ("Main entrance",),
    )  # fmt: skip


def away(desk: LockDesk) -> None:
    desk.locks.known_door = None


def stranger(desk: LockDesk) -> None:
    desk.locks.known_stay = None


def not_here_yet(desk: LockDesk) -> None:
    assert desk.locks.known_stay is not None
    desk.locks.known_stay = replace(desk.locks.known_stay, is_checked_in=False)


def another_room(desk: LockDesk) -> None:
    assert desk.locks.known_stay is not None
    desk.locks.known_stay = replace(desk.locks.known_stay, room_id=OTHER_ROOM)


def common_area(desk: LockDesk) -> None:
    assert desk.locks.known_door is not None
    assert desk.locks.known_stay is not None
    desk.locks.known_door = replace(desk.locks.known_door, room_id=None)
    desk.locks.known_stay = replace(desk.locks.known_stay, room_id=None)


def as_it_is(desk: LockDesk) -> None:
    """Change nothing."""


@pytest.mark.parametrize(
    ("change", "request_", "refusal"),
    [
        (away, issue_key_request(), LockNotFound),
        (stranger, issue_key_request(), ReservationNotFound),
        (not_here_yet, issue_key_request(), LockReservationNotCheckedIn),
        (another_room, issue_key_request(), LockRoomMismatch),
        (common_area, issue_key_request(), LockRoomMismatch),
        (as_it_is, issue_key_request(kind="qr_code"), LockKindUnsupported),
        (as_it_is, issue_key_request(hours=0), LockValidityInvalid),
        (as_it_is, issue_key_request(hours=-1), LockValidityInvalid),
        (as_it_is, issue_key_request(lock_id=LockId("lck_1/../x")), LockNotFound),
        (
            as_it_is,
            issue_key_request(reservation_id=ReservationId("rsv_1")),
            ReservationNotFound,
        ),
    ],
)
async def test_what_must_not_open_a_door_is_refused_before_anybody_is_asked(
    change: Callable[[LockDesk], None], request_: IssueKeyRequest, refusal: type[ServiceError]
) -> None:
    desk = LockDesk()
    change(desk)

    with pytest.raises(refusal):
        await desk.issue(request_)

    assert desk.locks.calls == []
    assert desk.claims.rows == {}
    assert desk.ledger == []


@pytest.mark.parametrize("reason", ["breaker_open", "bulkhead_full"])
async def test_a_vendor_that_is_not_asked_just_now_costs_no_claim(reason: FailureReason) -> None:
    desk = LockDesk()
    desk.locks.refuses_with = reason

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.issue()

    assert (desk.claims.rows, desk.ledger) == ({}, [])


async def test_a_lock_that_cannot_be_read_is_no_lock_that_is_missing() -> None:
    desk = LockDesk()
    desk.locks.known_stay = None
    desk.locks.read_failure = UpstreamFailure(upstream="lock-integration", reason="timeout")

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.issue()

    assert desk.claims.rows == {}


async def test_a_definite_refusal_is_stored_and_in_the_ledger() -> None:
    desk = LockDesk()
    desk.locks.decision = LockNotReachable()

    first = await desk.issue()
    again = await desk.issue()

    assert first.answer.status == 422
    assert (again.answer, again.is_replay) == (first.answer, True)
    assert desk.ledger == ["intent", "refused"]


async def test_what_was_not_sent_is_given_back_and_the_ledger_says_so() -> None:
    desk = LockDesk()
    desk.locks.failures = [("before_acting", "unreachable")]

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.issue()
    later = await desk.issue()

    assert later.answer.status == 201
    assert desk.ledger == ["intent", "not_sent", "intent", "succeeded"]
    assert len({audit_id for _, audit_id, _ in desk.claims.ledger}) == 2


async def test_a_lost_answer_is_read_and_never_asked_again() -> None:
    desk = LockDesk()
    desk.locks.failures = [("after_acting", "timeout")]

    told = await desk.issue()
    desk.clock.advance(5)
    await desk.reconciler.run_once()
    settled = await desk.issue()

    assert told.answer.status == 202
    assert (settled.answer.status, settled.is_replay) == (201, True)
    assert msgspec.json.decode(settled.answer.body)["auditId"].startswith("lap_")
    assert (len(desk.locks.calls), desk.locks.reads) == (1, 1)
    assert desk.ledger == ["intent", "succeeded"]


async def test_without_a_record_it_waits_until_nothing_can_arrive_and_then_says_not_performed() -> (
    None
):
    desk = LockDesk()
    desk.locks.failures = [("before_acting", "reset")]

    await desk.issue()
    desk.clock.advance(5)
    waiting = await desk.reconciler.run_once()
    desk.clock.advance(LATE)
    await desk.reconciler.run_once()
    settled = await desk.issue()

    assert (waiting.settled, waiting.postponed) == (0, 1)
    assert settled.answer.status == 409
    assert b"MUTATION_NOT_PERFORMED" in settled.answer.body
    assert len(desk.locks.calls) == 1
    assert desk.ledger == ["intent", "not_performed"]


async def test_what_cannot_be_read_for_an_hour_is_left_to_a_person() -> None:
    desk = LockDesk()
    desk.locks.failures = [("after_acting", "timeout")]
    desk.locks.record_failures = ["timeout", "timeout"]

    await desk.issue()
    desk.clock.advance(3700)
    report = await desk.reconciler.run_once()

    assert report.parked == 1
    assert len(desk.locks.calls) == 1
    assert desk.ledger == ["intent", "parked"]
