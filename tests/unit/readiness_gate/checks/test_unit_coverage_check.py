import hashlib

import msgspec
import pytest
from tests.unit.readiness_gate.repository import NOW, Repository

from readiness_gate.checks.unit_coverage import UNIT_COVERAGE, unit_coverage_is_enough
from readiness_gate.finding import Finding, Verdict
from readiness_gate.records import Record
from readiness_gate.source_tree import read_source_tree


@pytest.fixture
def committed(repository: Repository) -> Repository:
    repository.write("src/a.py", "one\n")
    repository.commit()
    return repository


def judge(
    repository: Repository, *, lines: int, branches: int, exit_codes: tuple[int, ...] = (0, 0)
) -> Finding:
    totals = {
        "covered_lines": lines,
        "num_statements": 1000,
        "covered_branches": branches,
        "num_branches": 1000,
    }
    raw_output = msgspec.json.encode({"totals": totals}).decode()
    record = Record(
        row="R3.1",
        steps=UNIT_COVERAGE.steps,
        exit_codes=exit_codes,
        tool_versions=UNIT_COVERAGE.tool_versions(),
        raw_output_sha256=hashlib.sha256(raw_output.encode()).hexdigest(),
        tree_digest=read_source_tree(repository.root).digest,
        tree_was_clean=True,
        ran_at=NOW,
    )
    repository.write(f"reports/records/{UNIT_COVERAGE.raw_output}", raw_output)
    repository.write("reports/records/R3.1.json", msgspec.json.encode(record).decode())
    return unit_coverage_is_enough(repository.inspection())


def test_without_a_record_there_is_no_coverage(committed: Repository) -> None:
    finding = unit_coverage_is_enough(committed.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "stale evidence: no record")


def test_both_limits_reached_is_ready(committed: Repository) -> None:
    finding = judge(committed, lines=900, branches=850)

    assert finding.verdict is Verdict.READY
    assert len(finding.files) == 2


@pytest.mark.parametrize(("lines", "branches"), [(899, 1000), (1000, 849)])
def test_one_limit_missed_is_not_ready(committed: Repository, lines: int, branches: int) -> None:
    finding = judge(committed, lines=lines, branches=branches)

    assert finding.verdict is Verdict.NOT_READY
    assert finding.reason == f"{lines / 10:.1f} % statements, {branches / 10:.1f} % branches"


def test_failed_tests_cover_nothing(committed: Repository) -> None:
    finding = judge(committed, lines=1000, branches=1000, exit_codes=(1, 0))

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "the recorded tests failed")


def test_a_source_changed_since_makes_the_record_stale(committed: Repository) -> None:
    judge(committed, lines=1000, branches=1000)
    committed.write("src/a.py", "two\n")
    committed.commit()

    finding = unit_coverage_is_enough(committed.inspection())

    assert finding.reason == "stale evidence: the record was taken from other sources"
