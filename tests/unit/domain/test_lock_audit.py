"""A chain of rows is whole or broken at a row that can be named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bff_backoffice.domain.lock_audit import (
    GENESIS,
    AuditEntry,
    BrokenLink,
    ChainHead,
    ChainWalk,
    Flaw,
)

Tamper = Callable[[list[AuditEntry]], list[AuditEntry]]
START = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)


def entry(seq: int, prev_hash: bytes) -> AuditEntry:
    written = AuditEntry(
        tenant_id="tnt_1", seq=seq, recorded_at=START + timedelta(seconds=seq),
        audit_id=f"lap_{seq}", phase="intent", activity_id=f"act_{seq}", action="lock.issue_key",
        lock_id="lck_1", reservation_id="rsv_1", property_id="prop_1", operator_id="opr_1",
        device_id="dev_1", session_id="bos_1", request_id="req_1", vendor="salto",
        kind="rfid_card", valid_from=START, valid_until=START, areas=("Gym", "پشت بام"),
        attempt=1, outcome=None, refusal_code=None, credential_id=None, settled_by=None,
        prev_hash=prev_hash, hash=b"",
    )  # fmt: skip
    return replace(written, hash=written.computed_hash())


def chain(length: int) -> list[AuditEntry]:
    rows: list[AuditEntry] = []
    for seq in range(1, length + 1):
        rows.append(entry(seq, rows[-1].hash if rows else GENESIS))
    return rows


def head_of(rows: list[AuditEntry]) -> ChainHead:
    return ChainHead(tenant_id="tnt_1", seq=rows[-1].seq, hash=rows[-1].hash)


def walked(rows: list[AuditEntry], head: ChainHead) -> BrokenLink | None:
    walk = ChainWalk()
    for row in rows:
        broken = walk.take(row)
        if broken is not None:
            return broken
    return walk.end(head)


def test_a_chain_as_it_was_written_is_whole() -> None:
    rows = chain(5)

    assert walked(rows, head_of(rows)) is None


def test_the_hash_of_a_row_never_changes_in_any_release() -> None:
    assert chain(1)[0].hash.hex() == (
        "f9dfacaad1a86858b8b6331f0258fa4e3ddd64e52740f60cd78608f9d3cf8910"
    )


def test_no_two_lists_of_areas_hash_alike() -> None:
    row = entry(1, GENESIS)
    others = [("Gym", "Spa"), ("Gym,3:Spa",), ("GymSpa",), ("Gym", "Spa", ""), ()]

    assert len({replace(row, areas=areas).computed_hash() for areas in others}) == len(others)


def changed(rows: list[AuditEntry]) -> list[AuditEntry]:
    return [*rows[:2], replace(rows[2], lock_id="lck_2"), *rows[3:]]


def removed(rows: list[AuditEntry]) -> list[AuditEntry]:
    return [*rows[:2], *rows[3:]]


def swapped(rows: list[AuditEntry]) -> list[AuditEntry]:
    return [*rows[:2], replace(rows[3], seq=3), replace(rows[2], seq=4), rows[4]]


def doubled(rows: list[AuditEntry]) -> list[AuditEntry]:
    return [*rows[:3], rows[2], *rows[3:]]


def hashed_anew(rows: list[AuditEntry]) -> list[AuditEntry]:
    row = replace(rows[2], lock_id="lck_2")
    return [*rows[:2], replace(row, hash=row.computed_hash()), *rows[3:]]


def cut_off(rows: list[AuditEntry]) -> list[AuditEntry]:
    return rows[:4]


@pytest.mark.parametrize(
    ("tamper", "seq", "flaw"),
    [
        (changed, 3, "altered"),
        (removed, 3, "missing"),
        (swapped, 3, "out_of_place"),
        (doubled, 3, "repeated"),
        (hashed_anew, 4, "out_of_place"),
        (cut_off, 5, "cut_off"),
    ],
)
def test_the_first_bad_row_is_named(tamper: Tamper, seq: int, flaw: Flaw) -> None:
    rows = chain(5)

    assert walked(tamper(rows), head_of(rows)) == BrokenLink(seq=seq, flaw=flaw)


def test_a_head_set_back_is_seen() -> None:
    rows = chain(5)

    assert walked(rows, head_of(rows[:3])) == BrokenLink(seq=4, flaw="cut_off")
