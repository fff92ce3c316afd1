"""Waivers: a named person lets a row pass for a while, and the report says so.

They lie in `readiness/waivers.json` and are reviewed as code is:
`{"waivers": [{"row": "R6.13", "approver": "…", "reason": "…", "endDate": "2026-12-31"}]}`.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

WAIVERS_PATH = "readiness/waivers.json"
NEVER_WAIVED = frozenset({"R11.1", "R11.2"})
"""A sign-off that one person could waive would be none."""

_Words = Annotated[str, msgspec.Meta(min_length=3, max_length=500, pattern=r"\S")]


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One row, let pass until the end of a day (UTC)."""

    row: str
    approver: _Words
    reason: _Words
    end_date: date


class _WaiversFile(msgspec.Struct, forbid_unknown_fields=True):
    waivers: list[msgspec.Raw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """Those that count, by row, and a sentence for each entry that does not."""

    by_row: dict[str, Waiver]
    problems: tuple[str, ...]


def read_waivers(root: Path, *, row_ids: Collection[str], today: date) -> Waivers:
    """Read the waivers. What is malformed, expired or doubled does not count and is reported."""
    try:
        entries = _read_entries(root / WAIVERS_PATH)
    except OSError as error:
        return _none_counts(f"cannot be read: {error.strerror}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _none_counts(f"is malformed: {error}")
    waivers, problems = _read_waivers_one_by_one(entries)
    times_named = Counter(waiver.row for waiver in waivers)
    by_row: dict[str, Waiver] = {}
    for waiver in waivers:
        if times_named[waiver.row] > 1:
            problems.append(f"{waiver.row} has more than one waiver; none counts")
        elif problem := _problem(waiver, row_ids=row_ids, today=today):
            problems.append(problem)
        else:
            by_row[waiver.row] = waiver
    return Waivers(by_row=by_row, problems=tuple(dict.fromkeys(problems)))


def _read_entries(path: Path) -> list[msgspec.Raw]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return msgspec.json.decode(content, type=_WaiversFile).waivers


def _read_waivers_one_by_one(entries: list[msgspec.Raw]) -> tuple[list[Waiver], list[str]]:
    # One malformed entry must not hide the others.
    waivers: list[Waiver] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, start=1):
        try:
            waivers.append(msgspec.json.decode(entry, type=Waiver))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problems.append(f"waiver {number} is malformed: {error}")
    return waivers, problems


def _none_counts(why: str) -> Waivers:
    return Waivers(by_row={}, problems=(f"{WAIVERS_PATH} {why}",))


def _problem(waiver: Waiver, *, row_ids: Collection[str], today: date) -> str:
    if waiver.row not in row_ids:
        return f"there is no row {waiver.row!r} to waive"
    if waiver.row in NEVER_WAIVED:
        return f"{waiver.row} cannot be waived"
    if waiver.end_date < today:
        return f"the waiver of {waiver.row} ended on {waiver.end_date}"
    return ""
