"""Remembers on disk which processes run, for the case that even the guardian was killed.

Then nobody is left to end the parts, and the next start does it before two servers write
to one folder.
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

import msgspec

from sandbox import process_tree
from sandbox.generated_secrets import write_private_file
from sandbox.process_tree import ProcessIdentity

_END_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02


class ProcessRecord:
    """The running parts of one state directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running: dict[int, ProcessIdentity] = {}

    def add(self, pid: int) -> None:
        """Remember a process that was just started."""
        identity = process_tree.identify(pid)
        if identity is not None:
            self._running[pid] = identity
            self._write()

    def remove(self, pid: int) -> None:
        """Forget a process that has ended."""
        if self._running.pop(pid, None) is not None:
            self._write()

    def _write(self) -> None:
        write_private_file(self._path, msgspec.json.encode(list(self._running.values())))


def end_leftovers(path: Path) -> None:
    """Kill what an earlier run left behind. To be called by whoever holds the lock."""
    try:
        recorded = msgspec.json.decode(path.read_bytes(), type=list[ProcessIdentity])
    except (OSError, msgspec.DecodeError):
        return
    left = [identity for identity in recorded if process_tree.is_alive(identity)]
    family = {relative for identity in left for relative in process_tree.descendants(identity.pid)}
    for identity in left:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(identity.pid, signal.SIGKILL)
    deadline = time.monotonic() + _END_SECONDS
    while any(map(process_tree.is_alive, {*left, *family})) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    path.unlink()
