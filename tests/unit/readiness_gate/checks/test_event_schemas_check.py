import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.event_schemas import event_schemas_are_registered
from readiness_gate.finding import Verdict

SCHEMA_PATH = "packages/event-envelope/schemas/bff-backoffice/session-opened/v1.json"
SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "melmastoon.bff.backoffice.session.opened.v1",
  "type": "object"
}"""
SOURCE = 'SUBJECT = "melmastoon.bff.backoffice.session.opened.v1"\n'


@pytest.fixture
def registered(repository: Repository) -> Repository:
    repository.write(SCHEMA_PATH, SCHEMA)
    repository.write("src/bff_backoffice/events.py", SOURCE)
    return repository


def test_no_schema_at_all_is_not_ready(repository: Repository) -> None:
    finding = event_schemas_are_registered(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "no event schemas")


def test_valid_schemas_for_all_events_are_unknown_until_emitted_events_are_checked(
    registered: Repository,
) -> None:
    finding = event_schemas_are_registered(registered.inspection())

    assert finding.verdict is Verdict.UNKNOWN
    assert finding.commands[0].exit_code == 0
    assert finding.files[0].path == SCHEMA_PATH


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"type": "object"}',
        SCHEMA.replace('"object"', '"thing"'),
        SCHEMA.replace('"type": "object"', '"required": "eventId"'),
    ],
)
def test_a_file_that_is_no_valid_schema_is_named(registered: Repository, text: str) -> None:
    registered.write(SCHEMA_PATH, text)

    finding = event_schemas_are_registered(registered.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.details[0].startswith(SCHEMA_PATH)


def test_an_event_without_a_schema_is_named(registered: Repository) -> None:
    registered.write("src/bff_backoffice/more.py", SOURCE.replace("opened", "closed"))

    finding = event_schemas_are_registered(registered.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "events without a schema: 1")
    assert finding.details == ("melmastoon.bff.backoffice.session.closed.v1",)
