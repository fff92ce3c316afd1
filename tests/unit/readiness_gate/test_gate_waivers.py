from datetime import date

import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.waivers import Waivers, read_waivers

TODAY = date(2026, 3, 14)
GOOD = '{"row": "R6.13", "approver": "A. Person", "reason": "booked", "endDate": "2026-03-14"}'


def waivers(repository: Repository, text: str | None) -> Waivers:
    if text is not None:
        repository.write("readiness/waivers.json", text)
    return read_waivers(repository.root, row_ids={"R6.13", "R6.1", "R11.1"}, today=TODAY)


def test_no_file_is_no_waiver(repository: Repository) -> None:
    assert waivers(repository, None) == Waivers(by_row={}, problems=())


def test_a_waiver_counts_to_the_end_of_its_last_day(repository: Repository) -> None:
    found = waivers(repository, f'{{"waivers": [{GOOD}]}}')

    assert found.by_row["R6.13"].approver == "A. Person"
    assert found.by_row["R6.13"].end_date == TODAY
    assert found.problems == ()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (GOOD.replace("2026-03-14", "2026-03-13"), "ended on 2026-03-13"),
        (GOOD.replace("R6.13", "R99.1"), "there is no row 'R99.1'"),
        (GOOD.replace("R6.13", "R11.1"), "R11.1 cannot be waived"),
        (GOOD.replace("A. Person", "   "), "malformed"),
        (GOOD.replace("booked", ""), "malformed"),
        (GOOD.replace("2026-03-14", "some day"), "malformed"),
        (GOOD.replace("2026-03-14", "2026-02-30"), "malformed"),
        (GOOD.replace('"reason": "booked", ', ""), "malformed"),
        (GOOD.replace("reason", "because"), "malformed"),
        ("7", "malformed"),
    ],
)
def test_a_waiver_that_is_not_whole_and_in_force_does_not_count(
    repository: Repository, entry: str, problem: str
) -> None:
    other = GOOD.replace("R6.13", "R6.1")

    found = waivers(repository, f'{{"waivers": [{entry}, {other}]}}')

    assert list(found.by_row) == ["R6.1"]
    assert len(found.problems) == 1
    assert problem in found.problems[0]


def test_two_waivers_of_one_row_cancel_each_other(repository: Repository) -> None:
    found = waivers(repository, f'{{"waivers": [{GOOD}, {GOOD}]}}')

    assert found.by_row == {}
    assert found.problems == ("R6.13 has more than one waiver; none counts",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"waivers": {}}', '{"waivers": [', "\udcff"])
def test_a_file_that_cannot_be_read_waives_nothing_and_is_reported(
    repository: Repository, text: str
) -> None:
    path = repository.root / "readiness" / "waivers.json"
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    found = waivers(repository, None)

    assert found.by_row == {}
    assert "malformed" in found.problems[0]


def test_a_folder_in_the_files_place_waives_nothing_and_is_reported(
    repository: Repository,
) -> None:
    (repository.root / "readiness" / "waivers.json").mkdir(parents=True)

    found = waivers(repository, None)

    assert found.by_row == {}
    assert found.problems == ("readiness/waivers.json cannot be read: Is a directory",)
