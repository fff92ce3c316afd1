"""Ends every part when the supervisor is gone, however it went (kill -9 too).

It runs as a process of its own and reads from a pipe which processes it answers for. The
pipe's end means that the supervisor is gone; then it stops them, politely first.
Run as `python -m sandbox.guardian [FILE TO REMOVE AT THE END]...`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

from sandbox import process_tree
from sandbox.process_record import ProcessRecord

_GRACE_SECONDS: Final = 12.0
_POLL_SECONDS: Final = 0.05


class Guardian:
    """The supervisor's end of the pipe."""

    def __init__(self, process: subprocess.Popen[bytes], record: ProcessRecord | None) -> None:
        self._process = process
        self._record = record

    @classmethod
    def start(
        cls,
        *,
        remove_at_end: tuple[Path, ...] = (),
        lock: int | None = None,
        record: ProcessRecord | None = None,
    ) -> Self:
        """Start the guardian's process, in a session of its own: no Ctrl-C reaches it.

        It holds the lock's descriptor too, until the last part has ended. What it watches is
        also noted in the record.
        """
        process = subprocess.Popen(  # noqa: S603 - our own module, under our own interpreter.
            [sys.executable, "-P", "-m", "sandbox.guardian", *map(str, remove_at_end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            pass_fds=() if lock is None else (lock,),
            env={"PYTHONPATH": str(Path(__file__).parents[1])},
        )
        return cls(process, record)

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        return self._process.pid

    def watch(self, pid: int, stop_signal: signal.Signals) -> None:
        """Answer for this process and its group from now on."""
        self._say(f"watch {pid} {int(stop_signal)}")
        if self._record is not None:
            self._record.add(pid)

    def forget(self, pid: int) -> None:
        """Stop answering for this process: it has ended."""
        self._say(f"forget {pid}")
        if self._record is not None:
            self._record.remove(pid)

    def dismiss(self) -> None:
        """End the guardian; what it still watches it ends first."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait(timeout=2 * _GRACE_SECONDS)

    def _say(self, line: str) -> None:
        if self._process.stdin is None:
            raise RuntimeError("the guardian has no pipe")
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()


def main() -> None:
    """Watch until the pipe ends, then end what is left and remove the files named."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, signal.Signals] = {}
    for line in sys.stdin:
        match line.split():
            case ["watch", pid, stop_signal]:
                watched[int(pid)] = signal.Signals(int(stop_signal))
            case ["forget", pid]:
                watched.pop(int(pid), None)
            case _:
                raise SystemExit(f"not a line of this protocol: {line!r}")
    _end(watched)
    for path in sys.argv[1:]:
        Path(path).unlink(missing_ok=True)


def _end(watched: dict[int, signal.Signals]) -> None:
    for pid, stop_signal in watched.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
    deadline = time.monotonic() + _GRACE_SECONDS
    living = set(watched)
    while living:
        is_over = time.monotonic() >= deadline
        for pid in [pid for pid in living if is_over or not _is_running(pid)]:
            # What a part leaves behind when it ends has nobody to answer to.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            living.remove(pid)
        time.sleep(_POLL_SECONDS)


def _is_running(pid: int) -> bool:
    if sys.platform == "linux":
        return bool(process_tree.command_line(pid))  # A zombie has none.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
