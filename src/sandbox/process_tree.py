"""Who is whose child, read from /proc. Where there is no /proc (macOS) nobody is found."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
# Fields of /proc/<pid>/stat after the name in parentheses: proc(5).
_STATE, _PARENT, _GROUP, _START_TIME = 0, 1, 2, 19


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, not to be taken for a later one that got the same number."""

    pid: int
    start_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    identity: ProcessIdentity
    parent: int
    group: int
    is_zombie: bool


def descendants(pid: int) -> frozenset[ProcessIdentity]:
    """Return every living process below this one."""
    entries = [entry for entry in _all_entries() if not entry.is_zombie]
    found: set[ProcessIdentity] = set()
    parents = {pid}
    while parents:
        children = {entry.identity for entry in entries if entry.parent in parents} - found
        found |= children
        parents = {child.pid for child in children}
    return frozenset(found)


def group_members(group: int) -> frozenset[ProcessIdentity]:
    """Return every living process of this process group."""
    return frozenset(
        entry.identity for entry in _all_entries() if entry.group == group and not entry.is_zombie
    )


def identify(pid: int) -> ProcessIdentity | None:
    """Return who has this number now, None where nobody has."""
    entry = _read_entry(pid)
    return None if entry is None else entry.identity


def is_alive(identity: ProcessIdentity) -> bool:
    """Tell whether this very process still runs; a zombie does not."""
    entry = _read_entry(identity.pid)
    return entry is not None and entry.identity == identity and not entry.is_zombie


def command_line(pid: int) -> str | None:
    """Return the command line of a living process, None where there is none to read."""
    with contextlib.suppress(OSError):
        return (
            (_PROC / str(pid) / "cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("utf-8", "replace")
        )
    return None


def _all_entries() -> list[_Entry]:
    folders = _PROC.iterdir() if _PROC.is_dir() else ()
    entries = (_read_entry(int(folder.name)) for folder in folders if folder.name.isdecimal())
    return [entry for entry in entries if entry is not None]


def _read_entry(pid: int) -> _Entry | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # It ended while we looked.
    fields = text[text.rfind(")") + 2 :].split()
    return _Entry(
        identity=ProcessIdentity(pid=pid, start_time=int(fields[_START_TIME])),
        parent=int(fields[_PARENT]),
        group=int(fields[_GROUP]),
        is_zombie=fields[_STATE] in {"Z", "X"},
    )
