"""Identifiers, deadlines, times and secrets."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.foundation.clock import SystemClock, rfc3339
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import (
    is_identifier,
    is_ulid,
    new_ulid,
    ulid_from_bytes,
)
from bff_backoffice.foundation.secret_text import SecretText

ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H4K"


def test_new_ulids_are_canonical_different_and_in_order_of_time() -> None:
    clock = ManualClock()
    made: list[str] = []
    for _ in range(100):
        made.append(new_ulid(clock))
        clock.advance(0.001)

    assert all(is_ulid(ulid) for ulid in made)
    assert made == sorted(set(made))


@pytest.mark.parametrize(
    "text",
    [
        "", ULID[:-1], ULID + "0", ULID.lower(), "8" + ULID[1:], ULID[:-1] + "I", ULID[:-1] + "U",
        ULID + "\n", " " + ULID[1:], ULID[:-1] + "\u0664",
    ],
)  # fmt: skip
def test_a_text_that_is_no_canonical_ulid_is_none(text: str) -> None:
    assert not is_ulid(text)
    assert not is_identifier(f"rsv_{text}", "rsv")


@pytest.mark.parametrize("text", ["", "rsv", "rsv_", ULID, "RSV_" + ULID, "prop_" + ULID])
def test_an_identifier_of_another_prefix_is_none(text: str) -> None:
    assert is_identifier("rsv_" + ULID, "rsv")
    assert not is_identifier(text, "rsv")


def test_a_derived_ulid_is_the_same_each_time() -> None:
    for octets in (bytes(16), b"\xff" * 16, bytes(range(16)), bytes(range(32))):
        assert is_ulid(ulid_from_bytes(octets))
        assert ulid_from_bytes(octets) == ulid_from_bytes(octets[:16])


def test_a_deadline_ends_and_a_child_never_later() -> None:
    clock = ManualClock()
    deadline = Deadline.after(2, clock)
    assert deadline.remaining_seconds() == 2
    assert deadline.capped(5).remaining_seconds() == 2
    assert deadline.capped(1).remaining_seconds() == 1
    clock.advance(3)

    assert deadline.has_passed()
    assert deadline.remaining_seconds() == 0


def test_times_are_written_in_utc_with_milliseconds() -> None:
    kabul = timezone(timedelta(hours=4, minutes=30))

    assert rfc3339(datetime(2026, 3, 14, 4, 30, tzinfo=kabul)) == "2026-03-14T00:00:00.000Z"
    assert rfc3339(datetime(2026, 3, 14, 1, 2, 3, 999_999, UTC)) == "2026-03-14T01:02:03.999Z"


async def test_the_machines_clock_sleeps() -> None:
    clock = SystemClock()
    await asyncio.wait_for(clock.sleep(0), 1)


def test_a_secret_is_shown_nowhere() -> None:
    secret = SecretText("swordfish")

    assert secret.reveal() == "swordfish"
    for shown in (str(secret), repr(secret), f"{secret}", f"{[secret]}", "{}".format(secret)):  # noqa: UP032 - each way of formatting
        assert "swordfish" not in shown
    with pytest.raises(TypeError):
        vars(secret)
