"""The `ready` command: `run`, `show`, `record` and `report`.

Exit codes: 0 all that was asked passes (or was written), 1 it does not, 2 a mistake in the call,
130 interrupted.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from readiness_gate import report
from readiness_gate.checks.unit_coverage import UNIT_COVERAGE
from readiness_gate.clock import Clock, SystemClock
from readiness_gate.gate_table import ROWS, find_row
from readiness_gate.recorder import NotRecordedError, take_record
from readiness_gate.row import Row
from readiness_gate.runner import GateRun, Runner
from readiness_gate.snapshot import SnapshotRefusedError, write_snapshot, write_whole
from readiness_gate.source_tree import SourceTreeUnreadableError

REPOSITORY = Path(__file__).parents[2]
RECORDINGS = {recording.row: recording for recording in (UNIT_COVERAGE,)}

PASSES = 0
DOES_NOT_PASS = 1
INTERRUPTED = 130
_WIDTH_WHERE_THERE_IS_NO_TERMINAL = 110


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    gate = Gate(root=REPOSITORY, rows=ROWS, clock=SystemClock(), output=sys.stdout)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_command_line(arguments, gate)
    except KeyboardInterrupt:
        gate.say("Interrupted.")
        return INTERRUPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the commands work on; tests give their own rows and repository."""

    root: Path
    rows: tuple[Row, ...]
    clock: Clock
    output: TextIO

    def judge(self, rows: Sequence[Row]) -> GateRun:
        """Run these rows' checks now."""
        return Runner(root=self.root, clock=self.clock).run(rows)

    def say(self, text: str) -> None:
        """Print."""
        self.output.write(text if text.endswith("\n") else f"{text}\n")


def run_command_line(arguments: Sequence[str] | None, gate: Gate) -> int:
    """Do what the arguments ask. Raises SystemExit(2) where they make no sense."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    match asked.command:
        case "show":
            return _show(_row(asked.row, parser), gate)
        case "record":
            return _record(asked.row, gate)
        case "report":
            return _report(asked.release, gate)
        case _:
            only = [_row(row_id, parser) for row_id in asked.only]
            return _run(only, gate, as_json=asked.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ready", description="The production-readiness gate.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the checks and say what holds")
    run.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ROW",
        help="only this row; may be repeated; writes no report",
    )
    run.add_argument("--json", action="store_true", help="print the report for programs")
    show = commands.add_parser("show", help="check one row and show it whole")
    show.add_argument("row", metavar="ROW")
    record = commands.add_parser("record", help="take a slow result that a row relies on")
    record.add_argument("row", choices=sorted(RECORDINGS), metavar="ROW")
    release = commands.add_parser("report", help="write a release's snapshot, to be signed")
    release.add_argument("--release", required=True, metavar="TAG")
    return parser


def _row(row_id: str, parser: argparse.ArgumentParser) -> Row:
    row = find_row(row_id)
    if row is None:
        parser.error(f"there is no row {row_id!r}; they are R1.1 to R11.2")
    return row


def _run(only: Sequence[Row], gate: Gate, *, as_json: bool) -> int:
    run = gate.judge(only or gate.rows)
    gate.say(report.as_json(run) if as_json else report.as_table(run, width=_width()))
    if not only:
        # A part of the gate is not the gate: only whole runs are filed.
        reports = gate.root / "reports"
        reports.mkdir(exist_ok=True)
        write_whole(reports / "ready.json", report.as_json(run))
        write_whole(reports / "ready.md", report.as_markdown(run))
    return PASSES if run.passes else DOES_NOT_PASS


def _show(row: Row, gate: Gate) -> int:
    run = gate.judge([row])
    gate.say(report.describe_row(row, run.verdicts[0], width=_width()))
    return PASSES if run.passes else DOES_NOT_PASS


def _record(row_id: str, gate: Gate) -> int:
    try:
        record = take_record(RECORDINGS[row_id], root=gate.root, clock=gate.clock)
    except (NotRecordedError, SourceTreeUnreadableError) as error:
        gate.say(f"{row_id} not recorded: {error}")
        return DOES_NOT_PASS
    gate.say(f"{row_id} recorded on {record.tree_digest}, exit codes {record.exit_codes}")
    return DOES_NOT_PASS if any(record.exit_codes) else PASSES


def _report(release_tag: str, gate: Gate) -> int:
    run = gate.judge(gate.rows)
    try:
        path = write_snapshot(
            release_tag, report.as_unsigned_draft(run, release_tag), root=gate.root
        )
    except SnapshotRefusedError as error:
        gate.say(f"Not written: {error}.")
        return DOES_NOT_PASS
    gate.say(f"Unsigned draft written to {path.relative_to(gate.root)}")
    return PASSES


def _width() -> int:
    return shutil.get_terminal_size((_WIDTH_WHERE_THERE_IS_NO_TERMINAL, 0)).columns


if __name__ == "__main__":
    sys.exit(main())
