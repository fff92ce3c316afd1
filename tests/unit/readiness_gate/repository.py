"""A small repository of its own for each test, and the time that its checks are told."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from readiness_gate.clock import Deadline, SystemClock
from readiness_gate.inspection import Inspection
from readiness_gate.source_tree import SourceTreeUnreadableError, read_source_tree

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
_GIT_IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.test")


class FixedClock(SystemClock):
    """One moment for all dates; waits pass as they really do."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A folder to plant files and faults in."""

    root: Path
    clock: FixedClock

    def write(self, path: str, text: str) -> None:
        """Write a file, and the folders above it."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def delete(self, path: str) -> None:
        """Delete a file."""
        (self.root / path).unlink()

    def commit(self) -> None:
        """Commit everything; makes the folder a git work tree at the first call."""
        for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
            subprocess.run(("git", *_GIT_IDENTITY, *arguments), cwd=self.root, check=True)

    def inspection(self, *, seconds: float = 120.0) -> Inspection:
        """Return what a check is given for this repository."""
        try:
            tree = read_source_tree(self.root)
        except SourceTreeUnreadableError:
            tree = None
        return Inspection(
            root=self.root,
            clock=self.clock,
            deadline=Deadline.after(seconds, self.clock),
            tree=tree,
        )
