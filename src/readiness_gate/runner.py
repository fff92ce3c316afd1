"""Runs the checks: a few at a time, each with a deadline, none able to turn a failure green."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from readiness_gate.clock import Clock, Deadline
from readiness_gate.finding import Finding, Verdict, unknown
from readiness_gate.gate_table import ROWS
from readiness_gate.inspection import Inspection
from readiness_gate.judge import RowVerdict, combine, judge_proof
from readiness_gate.row import Proof, Row
from readiness_gate.source_tree import SourceTree, SourceTreeUnreadableError, read_source_tree
from readiness_gate.waivers import Waivers, read_waivers

CHECK_SECONDS = 600.0
CHECKS_AT_ONCE = 2
GRACE_SECONDS = 5.0
"""A check's commands end at its deadline; this is for the check itself to say so."""

LOOK_SECONDS = 0.1
CRASH_CHARACTERS_MAX = 200


class GateRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All verdicts of one run, and the sources they are about."""

    ran_at: datetime
    tree_digest: str | None
    tree_is_clean: bool
    tree_changed: bool
    verdicts: tuple[RowVerdict, ...]
    waiver_problems: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether every row judged in this run passes, all on the same sources."""
        if self.tree_changed or not self.verdicts:
            return False
        return all(each.verdict.passes for each in self.verdicts)

    def counts(self) -> dict[Verdict, int]:
        """Return how many rows came to each verdict, all seven named."""
        found = [each.verdict for each in self.verdicts]
        return {verdict: found.count(verdict) for verdict in Verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Judges rows of one repository."""

    root: Path
    clock: Clock
    check_seconds: float = CHECK_SECONDS
    grace_seconds: float = GRACE_SECONDS

    def run(self, rows: Sequence[Row]) -> GateRun:
        """Judge the rows, in their order. A check that fails to answer is *unknown*."""
        ran_at = self.clock.now()
        tree = self._source_tree()
        waivers = read_waivers(self.root, row_ids={row.id for row in ROWS}, today=ran_at.date())
        verdicts = self._judge_all(rows, tree, waivers)
        return GateRun(
            ran_at=ran_at,
            tree_digest=tree.digest if tree else None,
            tree_is_clean=bool(tree and tree.is_clean),
            tree_changed=self._source_tree() != tree,
            verdicts=verdicts,
            waiver_problems=waivers.problems,
        )

    def _source_tree(self) -> SourceTree | None:
        try:
            return read_source_tree(self.root)
        except SourceTreeUnreadableError:
            return None

    def _judge_all(
        self, rows: Sequence[Row], tree: SourceTree | None, waivers: Waivers
    ) -> tuple[RowVerdict, ...]:
        stopped = threading.Event()

        def judge(row: Row) -> RowVerdict:
            findings = tuple(self._ask(row, proof, tree, stopped) for proof in row.proofs)
            return combine(row, findings, waivers.by_row.get(row.id))

        with ThreadPoolExecutor(CHECKS_AT_ONCE) as pool:
            try:
                verdicts = [pool.submit(judge, row) for row in rows]
                # An interrupt that reaches another thread wakes nobody: this one looks up.
                while wait(verdicts, timeout=LOOK_SECONDS).not_done:
                    pass
                return tuple(verdict.result() for verdict in verdicts)
            except BaseException:
                # Interrupted: what waits is dropped, what runs is ended, nothing is left behind.
                pool.shutdown(wait=False, cancel_futures=True)
                stopped.set()
                raise

    def _ask(
        self, row: Row, proof: Proof, tree: SourceTree | None, stopped: threading.Event
    ) -> Finding:
        inspection = Inspection(
            root=self.root,
            clock=self.clock,
            deadline=Deadline.after(self.check_seconds, self.clock),
            tree=tree,
            stopped=stopped,
        )
        answers: list[Finding] = []

        def ask() -> None:
            answers.append(_guarded(row, proof, inspection))

        # A thread cannot be killed. This one is a daemon: hung, it is left behind, and the
        # program still ends; the commands it started end at the deadline by themselves.
        thread = threading.Thread(target=ask, name=f"check {row.id}", daemon=True)
        thread.start()
        thread.join(self.check_seconds + self.grace_seconds)
        return answers[0] if answers else unknown(f"timed out after {self.check_seconds:g} s")


def _guarded(row: Row, proof: Proof, inspection: Inspection) -> Finding:
    try:
        finding = judge_proof(row, proof, inspection)
    except BaseException as error:  # noqa: BLE001 - whatever breaks a check, SystemExit too.
        first_line = str(error).replace(f"{inspection.root}/", "").partition("\n")[0]
        return unknown(
            f"its check crashed: {type(error).__name__}: {first_line[:CRASH_CHARACTERS_MAX]}"
        )
    if finding.verdict is Verdict.WAIVED:
        return unknown("its check answered waived, which only a waiver may")
    if finding.verdict is Verdict.READY and not (finding.commands or finding.files):
        return unknown("its check answered ready without evidence")
    return finding
