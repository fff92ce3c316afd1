"""Takes a slow result once, so that checks can rely on it while the sources stay the same."""

import hashlib
import sys
from pathlib import Path

import msgspec

from readiness_gate.clock import Clock, Deadline
from readiness_gate.commands import run_command
from readiness_gate.records import RECORDS_FOLDER, Record, Recording
from readiness_gate.source_tree import read_source_tree


class NotRecordedError(Exception):
    """Nothing was written, because what came out would not count."""


def take_record(recording: Recording, *, root: Path, clock: Clock) -> Record:
    """Run the recording's steps and write its record. A step that fails is recorded as such.

    Raises NotRecordedError if the tree is dirty, changes meanwhile, or no raw output came out;
    SourceTreeUnreadableError if the folder is no git work tree.
    """
    tree = read_source_tree(root)
    if not tree.is_clean:
        raise NotRecordedError("the tree is dirty: commit first, a record of it would not count")
    ran_at = clock.now()
    raw_path = root / RECORDS_FOLDER / recording.raw_output
    raw_path.parent.mkdir(parents=True, exist_ok=True)
    raw_path.unlink(missing_ok=True)
    exit_codes = _run_steps(recording, root=root, clock=clock)
    if not raw_path.is_file():
        raise NotRecordedError("the last step left no raw output")
    if read_source_tree(root) != tree:
        raise NotRecordedError("the sources changed while it ran")
    record = Record(
        row=recording.row,
        steps=recording.steps,
        exit_codes=exit_codes,
        tool_versions=recording.tool_versions(),
        raw_output_sha256=hashlib.sha256(raw_path.read_bytes()).hexdigest(),
        tree_digest=tree.digest,
        tree_was_clean=tree.is_clean,
        ran_at=ran_at,
    )
    text = msgspec.json.format(msgspec.json.encode(record), indent=2)
    (root / RECORDS_FOLDER / f"{recording.row}.json").write_bytes(text + b"\n")
    return record


def _run_steps(recording: Recording, *, root: Path, clock: Clock) -> tuple[int, ...]:
    deadline = Deadline.after(recording.time_limit.total_seconds(), clock)
    exit_codes: list[int] = []
    for step in recording.steps:
        result = run_command(
            (sys.executable, *step), directory=root, timeout_seconds=deadline.remaining_seconds()
        )
        if result.exit_code is None:
            raise NotRecordedError(result.failure)
        exit_codes.append(result.exit_code)
    return tuple(exit_codes)
