import itertools
import os
import threading

import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.finding import Finding, Verdict, not_ready, ready, unknown
from readiness_gate.inspection import Check, Inspection
from readiness_gate.row import Proof, Role, Row, attested, auto, declared
from readiness_gate.runner import CHECKS_AT_ONCE, Runner


def row(*proofs: Proof, row_id: str = "R2.1") -> Row:
    return Row(
        id=row_id,
        wording="clean.",
        reading="It is clean.",
        proofs=proofs,
        owner=Role.SRE,
        hint="Clean it.",
    )


def holds(inspection: Inspection) -> Finding:
    return ready(commands=(inspection.run("true").evidence,))


def fails(_: Inspection) -> Finding:
    return not_ready("seen broken")


def cannot_tell(_: Inspection) -> Finding:
    return unknown("could not ask")


def crashes(inspection: Inspection) -> Finding:
    raise RuntimeError(f"no such file {inspection.root}/thing\nsecond line")


def answers_without_evidence(_: Inspection) -> Finding:
    return Finding(verdict=Verdict.READY)


def exits(_: Inspection) -> Finding:
    raise SystemExit(0)


def waives_itself(_: Inspection) -> Finding:
    return Finding(verdict=Verdict.WAIVED)


def runner(repository: Repository) -> Runner:
    return Runner(root=repository.root, clock=repository.clock)


def test_a_row_whose_check_holds_is_ready_and_the_run_passes(repository: Repository) -> None:
    run = runner(repository).run([row(auto(holds))])

    assert run.passes
    assert run.verdicts[0].verdict is Verdict.READY
    assert run.verdicts[0].proofs[0].finding.commands[0].command == ("true",)


@pytest.mark.parametrize(
    ("check", "verdict", "reason"),
    [
        (fails, Verdict.NOT_READY, "seen broken"),
        (cannot_tell, Verdict.UNKNOWN, "could not ask"),
        (None, Verdict.NOT_READY, "no check yet"),
        (crashes, Verdict.UNKNOWN, "its check crashed: RuntimeError: no such file thing"),
        (exits, Verdict.UNKNOWN, "its check crashed: SystemExit: 0"),
        (answers_without_evidence, Verdict.UNKNOWN, "its check answered ready without evidence"),
        (waives_itself, Verdict.UNKNOWN, "its check answered waived, which only a waiver may"),
    ],
)
def test_nothing_but_a_check_that_holds_passes(
    repository: Repository, check: Check | None, verdict: Verdict, reason: str
) -> None:
    run = runner(repository).run([row(auto(check)), row(auto(holds), row_id="R2.2")])

    assert (run.verdicts[0].verdict, run.verdicts[0].reason) == (verdict, reason)
    assert run.verdicts[1].verdict is Verdict.READY
    assert not run.passes


def test_a_check_that_hangs_is_unknown_and_the_run_ends(repository: Repository) -> None:
    released = threading.Event()

    def hangs(_: Inspection) -> Finding:
        released.wait(60)
        return holds(_)

    impatient = Runner(
        root=repository.root, clock=repository.clock, check_seconds=0.05, grace_seconds=0.05
    )

    run = impatient.run([row(auto(hangs))])

    released.set()
    assert run.verdicts[0].verdict is Verdict.UNKNOWN
    assert run.verdicts[0].reason == "timed out after 0.05 s"


def test_a_command_ends_with_its_checks_deadline(repository: Repository) -> None:
    def waits(inspection: Inspection) -> Finding:
        return unknown(inspection.run("sleep", "60").failure)

    impatient = Runner(root=repository.root, clock=repository.clock, check_seconds=0.2)

    run = impatient.run([row(auto(waits))])

    assert "timed out" in run.verdicts[0].reason


def test_verdicts_keep_the_order_of_the_rows(repository: Repository) -> None:
    rows = [row(auto(holds), row_id=f"R3.{number}") for number in range(1, 10)]

    run = runner(repository).run(rows)

    assert [verdict.row for verdict in run.verdicts] == [each.id for each in rows]


def test_no_rows_is_no_pass(repository: Repository) -> None:
    assert not runner(repository).run([]).passes


def test_a_row_is_as_good_as_its_worst_proof(repository: Repository) -> None:
    run = runner(repository).run([row(auto(holds), attested()), row(auto(fails), declared())])

    assert str(run.verdicts[0]) == "not ready (no attestation)"
    assert str(run.verdicts[1]) == "not ready (seen broken; no manifests)"


def test_a_valid_waiver_passes_and_hides_no_finding(repository: Repository) -> None:
    repository.write(
        "readiness/waivers.json",
        '{"waivers": [{"row": "R2.1", "approver": "M. Noor, security reviewer",'
        ' "reason": "scanner moves house", "endDate": "2026-03-20"}]}',
    )

    run = runner(repository).run([row(auto(cannot_tell))])

    assert run.passes
    assert str(run.verdicts[0]) == (
        "waived (by M. Noor, security reviewer until 2026-03-20; else unknown: could not ask)"
    )
    assert run.verdicts[0].proofs[0].finding.verdict is Verdict.UNKNOWN


def test_a_waiver_that_does_not_count_is_reported(repository: Repository) -> None:
    repository.write(
        "readiness/waivers.json",
        '{"waivers": [{"row": "R2.1", "approver": "M. Noor", "reason": "late",'
        ' "endDate": "2026-03-13"}]}',
    )

    run = runner(repository).run([row(auto(fails))])

    assert run.verdicts[0].verdict is Verdict.NOT_READY
    assert run.waiver_problems == ("the waiver of R2.1 ended on 2026-03-13",)


def test_a_run_says_which_sources_it_judged(repository: Repository) -> None:
    outside_git = runner(repository).run([row(auto(holds))])
    repository.write("a.py", "")
    repository.commit()
    clean = runner(repository).run([row(auto(holds))])

    assert (outside_git.tree_digest, outside_git.tree_is_clean) == (None, False)
    assert clean.tree_digest is not None
    assert clean.tree_is_clean


def test_sources_that_change_under_the_checks_are_no_pass(repository: Repository) -> None:
    def edits(inspection: Inspection) -> Finding:
        repository.write("a.py", "changed\n")
        return holds(inspection)

    repository.write("a.py", "")
    repository.commit()

    run = runner(repository).run([row(auto(edits))])

    assert run.tree_changed
    assert not run.passes


def test_an_interrupt_ends_what_runs_and_drops_what_waits(repository: Repository) -> None:
    turns = itertools.count(1)
    endings: list[str] = []

    def waits(inspection: Inspection) -> Finding:
        interrupt = f"kill -INT {os.getpid()};" if next(turns) == CHECKS_AT_ONCE else ""
        endings.append(inspection.run("sh", "-c", f"{interrupt} sleep 60").failure)
        return unknown(endings[-1])

    with pytest.raises(KeyboardInterrupt):
        runner(repository).run([row(auto(waits), row_id=f"R3.{n}") for n in range(1, 10)])

    assert endings == ["stopped"] * CHECKS_AT_ONCE


def test_ready_cannot_be_made_without_evidence() -> None:
    with pytest.raises(ValueError, match="without evidence"):
        ready()
