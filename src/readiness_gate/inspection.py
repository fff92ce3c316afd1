"""What a check is given: the repository to look at, the time, and how long it may take."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from readiness_gate.clock import Clock, Deadline
from readiness_gate.commands import CommandResult, run_command
from readiness_gate.finding import FileEvidence, Finding
from readiness_gate.source_tree import SourceTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One check's view of the repository; all it runs shares the check's deadline."""

    root: Path
    clock: Clock
    deadline: Deadline
    tree: SourceTree | None
    """The sources' digest; None where git could not tell."""
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the answer any more; ends the check's commands."""

    def run(self, *command: str) -> CommandResult:
        """Run a command in the repository's root, at most until the check's deadline."""
        return run_command(
            command,
            directory=self.root,
            timeout_seconds=self.deadline.remaining_seconds(),
            stopped=self.stopped,
        )

    def exists(self, path: str) -> bool:
        """Tell whether the repository holds this file."""
        return (self.root / path).is_file()

    def text(self, path: str) -> str:
        """Return a file's text. Raises OSError or UnicodeDecodeError."""
        return (self.root / path).read_text(encoding="utf-8")

    def paths(self, pattern: str) -> list[str]:
        """Return the files that match the pattern, sorted, relative to the root."""
        matches = (path for path in self.root.glob(pattern) if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in matches)

    def evidence(self, *paths: str) -> tuple[FileEvidence, ...]:
        """Return digests of files that a verdict rests on."""
        return tuple(
            FileEvidence(
                path=path, sha256=hashlib.sha256((self.root / path).read_bytes()).hexdigest()
            )
            for path in paths
        )


Check = Callable[[Inspection], Finding]
