"""Records of results too slow to repeat, and what makes one stale.

A record is two files in `reports/records/`: `<row>.json` and the raw output it describes.
Only the recording's own commands write one (`ready record <row>`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

import msgspec

from readiness_gate.inspection import Inspection
from readiness_gate.source_tree import SourceTree

RECORDS_FOLDER = "reports/records"


class StaleEvidenceError(Exception):
    """There is no record, or it was not taken from these sources by these tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """How a slow result is taken. The last step leaves the raw output in `raw_output`."""

    row: str
    steps: tuple[tuple[str, ...], ...]
    """Arguments of the running Python interpreter, step by step."""
    tools: tuple[str, ...]
    """The distributions whose versions decide the result."""
    raw_output: str
    """The name of the raw output's file in the records' folder."""
    time_limit: timedelta
    freshness: timedelta | None = None

    def tool_versions(self) -> dict[str, str]:
        """Return the versions installed now."""
        return {tool: metadata.version(tool) for tool in self.tools}


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What was run, with what, on which sources, and what came out."""

    row: str
    steps: tuple[tuple[str, ...], ...]
    exit_codes: tuple[int, ...]
    tool_versions: dict[str, str]
    raw_output_sha256: str
    tree_digest: str
    tree_was_clean: bool
    ran_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """A record that counts, and its raw output."""

    record: Record
    raw_output: bytes
    paths: tuple[str, str]


def read_record(recording: Recording, inspection: Inspection) -> RecordedResult:
    """Return the row's record, if it counts.

    Raises StaleEvidenceError with the reason, for any record that another command, tool version
    or tree wrote, that is too old, or whose raw output is missing or changed.
    """
    record_path = f"{RECORDS_FOLDER}/{recording.row}.json"
    raw_path = f"{RECORDS_FOLDER}/{recording.raw_output}"
    record = _decode(inspection.root / record_path)
    _refuse_other_run(record, recording)
    _refuse_other_tree(record, inspection.tree)
    _refuse_other_time(record, recording, inspection.clock.now())
    try:
        raw_output = (inspection.root / raw_path).read_bytes()
    except FileNotFoundError as error:
        raise StaleEvidenceError("the record's raw output is missing") from error
    if hashlib.sha256(raw_output).hexdigest() != record.raw_output_sha256:
        raise StaleEvidenceError("the raw output is not the one recorded")
    return RecordedResult(record=record, raw_output=raw_output, paths=(record_path, raw_path))


def _decode(path: Path) -> Record:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError as error:
        raise StaleEvidenceError("no record") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StaleEvidenceError(f"the record is malformed: {error}") from error


def _refuse_other_run(record: Record, recording: Recording) -> None:
    if record.row != recording.row or record.steps != recording.steps:
        raise StaleEvidenceError("another command wrote the record")
    if record.tool_versions != recording.tool_versions():
        raise StaleEvidenceError("other tool versions wrote the record")


def _refuse_other_tree(record: Record, tree: SourceTree | None) -> None:
    if tree is None:
        raise StaleEvidenceError("git cannot tell which sources these are")
    if not record.tree_was_clean:
        raise StaleEvidenceError("the record was taken from a dirty tree")
    if not tree.is_clean:
        raise StaleEvidenceError("the tree is dirty now")
    if record.tree_digest != tree.digest:
        raise StaleEvidenceError("the record was taken from other sources")


def _refuse_other_time(record: Record, recording: Recording, now: datetime) -> None:
    if record.ran_at.tzinfo is None or record.ran_at > now:
        raise StaleEvidenceError("the record's date is not a past moment")
    if recording.freshness is not None and now - record.ran_at > recording.freshness:
        raise StaleEvidenceError(f"the record is older than {recording.freshness}")
