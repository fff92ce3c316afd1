import dataclasses
import io

import msgspec
import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.finding import Finding, not_ready, ready
from readiness_gate.gate_table import ROWS, find_row
from readiness_gate.inspection import Inspection
from readiness_gate.main import RECORDINGS, Gate, run_command_line
from readiness_gate.row import auto
from readiness_gate.snapshot import SNAPSHOTS_FOLDER, UNSIGNED_HEADING

ONE_ROW = "R9.5"
HANDOFF = "services/bff-backoffice-service/ON_CALL_HANDOFF.md"


def holds(inspection: Inspection) -> Finding:
    return ready(commands=(inspection.run("true").evidence,))


def fails(_: Inspection) -> Finding:
    return not_ready("seen broken")


def gate(repository: Repository, *, broken: str | None = None) -> Gate:
    """Return the gate with every check replaced: all hold, but for the broken row's."""
    rows = tuple(
        dataclasses.replace(row, proofs=(auto(fails if row.id == broken else holds),))
        for row in ROWS
    )
    return Gate(root=repository.root, rows=rows, clock=repository.clock, output=io.StringIO())


def printed(used: Gate) -> str:
    assert isinstance(used.output, io.StringIO)
    return used.output.getvalue()


def test_a_run_where_all_rows_pass_exits_0_and_files_both_reports(repository: Repository) -> None:
    used = gate(repository)

    assert run_command_line(["run"], used) == 0

    assert "74 of 74 rows pass." in printed(used)
    filed = msgspec.json.decode((repository.root / "reports/ready.json").read_bytes())
    assert filed["passes"] is True
    assert "74 of 74 rows pass." in (repository.root / "reports/ready.md").read_text()


def test_one_row_that_fails_exits_1(repository: Repository) -> None:
    used = gate(repository, broken="R7.5")

    assert run_command_line(["run"], used) == 1

    assert "73 of 74 rows pass" in printed(used)


def test_json_is_printed_as_it_is_filed(repository: Repository) -> None:
    used = gate(repository)

    run_command_line(["run", "--json"], used)

    assert printed(used) == (repository.root / "reports/ready.json").read_text()


def test_a_part_of_the_gate_is_judged_alone_and_not_filed(repository: Repository) -> None:
    used = gate(repository)

    failing = run_command_line(["run", "--only", ONE_ROW], used)
    repository.write(HANDOFF, "# Handoff\n\nWhom to call.\n")
    passing = run_command_line(["run", "--only", ONE_ROW], used)

    assert (failing, passing) == (1, 0)
    assert "1 of 1 rows pass." in printed(used)
    assert not (repository.root / "reports").exists()


def test_every_recording_expires_as_its_row_asks() -> None:
    for row_id, recording in RECORDINGS.items():
        row = find_row(row_id)
        assert row is not None
        assert recording.freshness == row.freshness


def test_one_row_is_shown_with_its_verdict(repository: Repository) -> None:
    used = gate(repository)

    assert run_command_line(["show", ONE_ROW], used) == 1

    assert "On-call handoff doc in this folder." in printed(used)
    assert "not ready (the handoff document is missing)" in printed(used)


def test_a_release_report_is_an_unsigned_draft_whatever_the_verdicts(
    repository: Repository,
) -> None:
    used = gate(repository, broken="R7.5")

    assert run_command_line(["report", "--release", "v1.0.0"], used) == 0

    draft = (repository.root / SNAPSHOTS_FOLDER / "v1.0.0.md").read_text()
    assert draft.startswith(UNSIGNED_HEADING)
    assert "| not ready (seen broken) |" in draft
    assert "73 of 74 rows pass" in draft


def test_a_release_tag_that_leads_elsewhere_is_refused(repository: Repository) -> None:
    used = gate(repository)

    assert run_command_line(["report", "--release", "../v1"], used) == 1

    assert printed(used).startswith("Not written:")
    assert not (repository.root / "services").exists()


def test_a_record_of_a_dirty_tree_is_refused(repository: Repository) -> None:
    repository.write("a.py", "")
    repository.commit()
    repository.write("b.py", "")
    used = gate(repository)

    assert run_command_line(["record", "R3.1"], used) == 1

    assert "R3.1 not recorded: the tree is dirty" in printed(used)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "--only", "R99.1"],
        ["show", "r5.6"],
        ["report"],
        ["record", "R2.1"],
        ["sign"],
        ["verify"],
    ],
)
def test_a_call_that_makes_no_sense_exits_2_and_does_nothing(
    repository: Repository, arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        run_command_line(arguments, gate(repository))

    assert raised.value.code == 2
    assert list(repository.root.iterdir()) == []


def test_help_lists_only_what_works(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run_command_line(["--help"], gate(repository))

    text = capsys.readouterr().out
    assert all(command in text for command in ("run", "show", "record", "report"))
    assert "verify" not in text
    assert "\n    sign " not in text
