import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.documents import (
    CATALOGUE_ENTRY,
    HANDOFF_DOCUMENT,
    SERVICE_DOCUMENTS,
    SERVICE_FOLDER,
    catalogue_entry_is_current,
    handoff_document_exists,
    service_documents_are_complete,
)
from readiness_gate.finding import Verdict

TEXT = "# Title\n\nSomething true.\n"


def write_all_documents(repository: Repository) -> None:
    for name in SERVICE_DOCUMENTS:
        repository.write(f"{SERVICE_FOLDER}/{name}.md", TEXT)


def test_there_are_seventeen_documents() -> None:
    assert len(set(SERVICE_DOCUMENTS)) == 17


def test_missing_documents_are_counted_and_named(repository: Repository) -> None:
    write_all_documents(repository)
    repository.delete(f"{SERVICE_FOLDER}/DATA_MODEL.md")

    finding = service_documents_are_complete(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "16 of 17 documents")
    assert finding.details == (f"{SERVICE_FOLDER}/DATA_MODEL.md: missing",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# Title\n\nThe rest is TBD.\n", "unfinished"),
        ("# Title\n\n(tbd)\n", "unfinished"),
        ("# Title\n\n## Heading\n\n", "empty"),
        ("", "empty"),
    ],
)
def test_an_unfinished_document_does_not_count(
    repository: Repository, text: str, fault: str
) -> None:
    write_all_documents(repository)
    repository.write(f"{SERVICE_FOLDER}/API_CONTRACTS.md", text)

    finding = service_documents_are_complete(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "16 of 17 documents")
    assert fault in finding.details[0]


def test_complete_documents_are_unknown_until_their_truth_is_checked(
    repository: Repository,
) -> None:
    write_all_documents(repository)

    finding = service_documents_are_complete(repository.inspection())

    assert finding.verdict is Verdict.UNKNOWN
    assert len(finding.files) == 17


def test_the_catalogue_entry_is_missing_unfinished_or_unknown(repository: Repository) -> None:
    missing = catalogue_entry_is_current(repository.inspection())
    repository.write(CATALOGUE_ENTRY, "# Entry\n\nTBD\n")
    unfinished = catalogue_entry_is_current(repository.inspection())
    repository.write(CATALOGUE_ENTRY, TEXT)
    present = catalogue_entry_is_current(repository.inspection())

    assert (missing.verdict, missing.reason) == (
        Verdict.NOT_READY,
        "the catalogue entry is missing",
    )
    assert unfinished.verdict is Verdict.NOT_READY
    assert (present.verdict, present.reason) == (Verdict.UNKNOWN, "currency not checked yet")


def test_the_handoff_document_must_exist_and_be_finished(repository: Repository) -> None:
    missing = handoff_document_exists(repository.inspection())
    repository.write(HANDOFF_DOCUMENT, "# Handoff\n\nTBD\n")
    unfinished = handoff_document_exists(repository.inspection())
    repository.write(HANDOFF_DOCUMENT, TEXT)
    present = handoff_document_exists(repository.inspection())

    assert [missing.verdict, unfinished.verdict] == [Verdict.NOT_READY] * 2
    assert present.verdict is Verdict.READY
