import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.runbooks import FAILURES, SECTIONS, failure_runbooks_exist
from readiness_gate.finding import Verdict


def runbook(failures: str) -> str:
    sections = "\n".join(f"## {section}\n\nWords.\n" for section in SECTIONS)
    return f"# Upstream gone\n\nFailure: {failures}\n\n{sections}"


@pytest.fixture
def covered(repository: Repository) -> Repository:
    for failure in FAILURES:
        repository.write(f"docs/runbooks/{failure}.md", runbook(failure))
    return repository


def test_ten_complete_runbooks_are_ready(covered: Repository) -> None:
    finding = failure_runbooks_exist(covered.inspection())

    assert finding.verdict is Verdict.READY
    assert len(finding.files) == 10


def test_one_runbook_may_serve_several_failures(repository: Repository) -> None:
    repository.write("docs/runbooks/everything.md", runbook(", ".join(FAILURES)))

    assert failure_runbooks_exist(repository.inspection()).verdict is Verdict.READY


def test_missing_runbooks_are_counted_and_named(repository: Repository) -> None:
    repository.write("docs/runbooks/iam.md", runbook("F-1"))

    finding = failure_runbooks_exist(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "1 of 10 runbooks")
    assert "F-10: no complete runbook" in finding.details


@pytest.mark.parametrize(
    "text",
    [
        runbook("F-17").replace("## Diagnosis", "## Thoughts"),
        runbook("F-17").replace("Words.", "TBD"),
        runbook("see below").replace("Words.", "Not F-17."),
        runbook("F-177"),
        "",
    ],
)
def test_an_incomplete_or_passing_mention_does_not_count(covered: Repository, text: str) -> None:
    covered.write("docs/runbooks/F-17.md", text)

    finding = failure_runbooks_exist(covered.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "9 of 10 runbooks")
    assert finding.details[-1] == "F-17: no complete runbook"
