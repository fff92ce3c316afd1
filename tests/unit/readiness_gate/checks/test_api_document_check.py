import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.api_document import API_DOCUMENT, api_document_is_current
from readiness_gate.finding import Verdict

DOCUMENT = "openapi: 3.1.0\npaths: {}\n"
COMMAND = f"""import sys

def main(arguments: list[str]) -> int:
    assert arguments == ["openapi"]
    sys.stdout.write({DOCUMENT!r})
    return 0
"""
COMMAND_PATH = "src/bff_backoffice/cli/main.py"


@pytest.fixture
def generated(repository: Repository) -> Repository:
    repository.write("src/bff_backoffice/__init__.py", "")
    repository.write(COMMAND_PATH, COMMAND)
    repository.write(API_DOCUMENT, DOCUMENT)
    repository.commit()
    return repository


def test_a_committed_document_that_the_code_generates_is_ready(generated: Repository) -> None:
    finding = api_document_is_current(generated.inspection())

    assert finding.verdict is Verdict.READY
    assert finding.files[0].path == API_DOCUMENT


def test_code_that_moved_on_leaves_the_document_behind(generated: Repository) -> None:
    generated.write(COMMAND_PATH, COMMAND.replace("paths: {}", "paths: {new: {}}"))

    finding = api_document_is_current(generated.inspection())

    assert (finding.verdict, finding.reason) == (
        Verdict.NOT_READY,
        "the API document is not what the code generates now",
    )


def test_a_document_that_was_not_committed_does_not_count(generated: Repository) -> None:
    generated.write(API_DOCUMENT, DOCUMENT + "# by hand\n")
    changed = api_document_is_current(generated.inspection())
    generated.delete(API_DOCUMENT)
    generated.commit()
    missing = api_document_is_current(generated.inspection())
    generated.write(API_DOCUMENT, DOCUMENT)
    untracked = api_document_is_current(generated.inspection())

    assert [changed.verdict, missing.verdict, untracked.verdict] == [Verdict.NOT_READY] * 3
    assert changed.reason == "the API document is not the one committed"
    assert missing.reason == "there is no API document"
    assert untracked.reason == "the API document is not committed"


@pytest.mark.parametrize("command", ["", "def main(_: object) -> int:\n    return 0\n"])
def test_code_that_generates_nothing_is_unknown(generated: Repository, command: str) -> None:
    generated.write(COMMAND_PATH, command)

    assert api_document_is_current(generated.inspection()).verdict is Verdict.UNKNOWN
