import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.dependencies import (
    AUDIT_REPORT,
    AUDIT_TOOL,
    dependency_audit_is_clean,
)
from readiness_gate.finding import Verdict

CLEAN = '{"PyPI": {"verdict": "clean"}, "npm": {"verdict": "clean"}}'
UNASKED = '{"PyPI": {"verdict": "clean"}, "npm": {"verdict": "could_not_ask", "reason": "down"}}'
FOUND = '{"PyPI": {"verdict": "finding", "findings": ["redis 1.0: PYSEC-1"]}}'


def plant_tool(repository: Repository, report: str, exit_code: int = 0) -> None:
    repository.write(
        AUDIT_TOOL,
        f"import pathlib, sys\npathlib.Path({AUDIT_REPORT!r}).write_text({report!r})\n"
        f"sys.exit({exit_code})\n",
    )
    repository.write(AUDIT_REPORT, CLEAN)


def test_every_database_asked_and_nothing_found_is_ready(repository: Repository) -> None:
    plant_tool(repository, CLEAN)

    assert dependency_audit_is_clean(repository.inspection()).verdict is Verdict.READY


def test_a_vulnerability_is_not_ready_and_is_named(repository: Repository) -> None:
    plant_tool(repository, FOUND, exit_code=1)

    finding = dependency_audit_is_clean(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "known vulnerabilities: 1")
    assert finding.details == ("redis 1.0: PYSEC-1",)


@pytest.mark.parametrize(
    ("report", "exit_code", "reason"),
    [
        (UNASKED, 0, "could not ask npm"),
        ('{"PyPI": {"verdict": "clean"}}', 0, "could not ask npm"),
        ("{}", 0, "could not ask PyPI and npm"),
        (CLEAN, 2, "the audit failed"),
    ],
)
def test_what_was_not_asked_is_unknown_whatever_the_exit_code(
    repository: Repository, report: str, exit_code: int, reason: str
) -> None:
    plant_tool(repository, report, exit_code)

    finding = dependency_audit_is_clean(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, reason)


def test_an_older_report_does_not_answer_for_a_tool_that_crashed(repository: Repository) -> None:
    repository.write(AUDIT_TOOL, "raise SystemExit('crashed')\n")
    repository.write(AUDIT_REPORT, CLEAN)

    finding = dependency_audit_is_clean(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, "could not ask: crashed")


def test_without_a_tool_nobody_asked(repository: Repository) -> None:
    assert dependency_audit_is_clean(repository.inspection()).verdict is Verdict.UNKNOWN
