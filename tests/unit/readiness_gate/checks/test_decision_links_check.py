import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.decision_links import OVERVIEW, decision_records_are_linked
from readiness_gate.finding import Verdict

LINKED = """# Overview

Built as [the stack](../../docs/decisions/0002-stack.md#decision) and
[ADR-0003: Electron, offline first](https://docs.example/ADR-0003) say.
See also [layers](../../docs/decisions/0001-layers.md "the layers").
"""


@pytest.fixture
def decided(repository: Repository) -> Repository:
    repository.write("docs/decisions/0001-layers.md", "# Layers")
    repository.write("docs/decisions/0002-stack.md", "# Stack")
    repository.write("docs/decisions/README.md", "# Records")
    repository.write(OVERVIEW, LINKED)
    return repository


def test_an_overview_that_links_every_record_is_ready(decided: Repository) -> None:
    finding = decision_records_are_linked(decided.inspection())

    assert finding.verdict is Verdict.READY
    assert OVERVIEW in [file.path for file in finding.files]


def test_a_new_record_that_nobody_linked_is_named(decided: Repository) -> None:
    decided.write("docs/decisions/0004-errors.md", "# Errors")

    finding = decision_records_are_linked(decided.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.details == ("docs/decisions/0004-errors.md",)


def test_a_record_named_in_prose_is_not_linked(decided: Repository) -> None:
    decided.write(OVERVIEW, "ADR-0003, docs/decisions/0001-layers.md, 0002-stack.md")

    assert len(decision_records_are_linked(decided.inspection()).details) == 3


def test_the_electron_decision_must_be_linked_above_all(decided: Repository) -> None:
    decided.write(OVERVIEW, LINKED.replace("ADR-0003: ", ""))

    assert decision_records_are_linked(decided.inspection()).details == ("ADR-0003",)


def test_without_an_overview_nothing_is_linked(decided: Repository) -> None:
    decided.delete(OVERVIEW)

    assert decision_records_are_linked(decided.inspection()).verdict is Verdict.NOT_READY


def test_a_record_of_our_own_with_that_number_is_not_the_platforms(decided: Repository) -> None:
    decided.write("docs/decisions/0003-errors.md", "# Errors")
    ours = LINKED.replace("https://docs.example/ADR-0003", "../../docs/decisions/0003-errors.md")
    decided.write(OVERVIEW, ours)

    assert decision_records_are_linked(decided.inspection()).details == ("ADR-0003",)
