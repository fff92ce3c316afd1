import hashlib
import re
from collections import Counter

from readiness_gate.gate_table import ROWS, SECTIONS, find_row
from readiness_gate.row import Kind, Role

ROWS_PER_SECTION = (6, 4, 9, 6, 6, 14, 8, 6, 7, 6, 2)
FROZEN = "5e62bf3170bba74b0cb10d48c0a50f0e34e411b556e0b3819e4184a2a4fbe28f"


def test_the_gate_has_seventy_four_rows_with_the_sources_ids_in_order() -> None:
    expected = [
        f"R{section}.{number}"
        for section, count in enumerate(ROWS_PER_SECTION, start=1)
        for number in range(1, count + 1)
    ]

    assert [row.id for row in ROWS] == expected
    assert len(ROWS) == 74
    assert [section.number for section in SECTIONS] == list(range(1, 12))


def test_no_row_is_weakened_unseen() -> None:
    """Wording, kinds of proof and age limits are the source's: change them only knowingly."""
    content = "\n".join(f"{row.id}|{row.wording}|{row.kinds}|{row.freshness}" for row in ROWS)

    assert hashlib.sha256(content.encode()).hexdigest() == FROZEN


def test_every_row_says_what_it_means_whose_it_is_and_what_to_do() -> None:
    for row in ROWS:
        assert row.reading.endswith(".")
        assert row.reading != row.wording
        assert row.hint.endswith(".")
        assert row.owner in Role
        assert row.proofs


def test_rows_that_expire_have_the_sources_limits() -> None:
    days = {row.id: row.freshness.total_seconds() / 86400 for row in ROWS if row.freshness}

    assert days["R3.9"] == 1
    assert days["R6.3"] == days["R7.3"] == 90
    assert days["R6.13"] == 365
    assert days["R6.14"] == 30
    drills = {row.id for row in ROWS if any(proof.kind is Kind.DRILL for proof in row.proofs)}
    assert drills <= days.keys()


def test_each_kind_of_proof_is_asked_for_as_often_as_the_source_does() -> None:
    kinds = Counter(row.kinds for row in ROWS)

    assert kinds == {
        "auto": 47,
        "drill": 5,
        "declared": 6,
        "attested": 8,
        "auto + attested": 3,
        "auto + declared": 3,
        "drill + attested": 1,
        "auto where a scanner runs, else declared": 1,
    }


def test_a_check_decides_one_row_only() -> None:
    checks = [check for row in ROWS for check in row.check_ids]

    assert len(checks) == len(set(checks))
    assert all(re.fullmatch(r"[a-z_]+", check) for check in checks)


def test_a_row_is_found_by_its_id_and_nothing_else() -> None:
    row = find_row("R5.6")

    assert row is not None
    assert row.id == "R5.6"
    assert find_row("R5.60") is None
    assert find_row("r5.6") is None
