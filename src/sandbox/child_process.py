"""One program, started in a session of its own, with its output in a log file."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sandbox import process_tree
from sandbox.guardian import Guardian
from sandbox.store_home import ServerUser

_POLL_SECONDS: Final = 0.02
_DEATH_SECONDS: Final = 5.0


class ProcessStuckError(Exception):
    """A process is still there after SIGKILL and a wait: the machine itself is in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start, and how. The environment is the whole of it: nothing is inherited."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    user: ServerUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class ChildProcess:
    """A running program and everything below it."""

    def __init__(
        self, process: subprocess.Popen[bytes], launch: Launch, guardian: Guardian
    ) -> None:
        self._process = process
        self._launch = launch
        self._guardian = guardian

    @classmethod
    def start(cls, launch: Launch, guardian: Guardian) -> Self:
        """Start it, watched by the guardian. Raises OSError where it can't be started."""
        with launch.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - commands come from our own list of parts.
                launch.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=launch.directory,
                env=dict(launch.environment),
                start_new_session=True,
                umask=0o077,
                user=launch.user.user_id if launch.user else None,
                group=launch.user.group_id if launch.user else None,
                extra_groups=() if launch.user else None,
            )
        guardian.watch(process.pid, launch.stop_signal)
        return cls(process, launch, guardian)

    @property
    def pid(self) -> int:
        """Return the number of the program's first process, also its group's."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended (negative: the signal), None while it runs."""
        return self._process.poll()

    async def wait(self, *, within_seconds: float) -> int | None:
        """Wait for its end; None where it still runs after that time."""
        deadline = time.monotonic() + within_seconds
        while (code := self.exit_code()) is None:
            if time.monotonic() >= deadline:
                return None
            await asyncio.sleep(_POLL_SECONDS)
        return code

    async def stop(self, *, within_seconds: float) -> None:
        """Ask it to end; kill what is left after that time. Returns when all of it is gone."""
        if self.exit_code() is None:
            family = process_tree.descendants(self.pid)
            self._process.send_signal(self._launch.stop_signal)
            if await self.wait(within_seconds=within_seconds) is not None:
                # Children that outlive their parent on their own get the rest of the time.
                await _all_gone(family, within_seconds=1.0)
        await self.kill()

    def hurry(self) -> None:
        """Send SIGKILL and do not wait: whoever waits for its end sees it now."""
        self._process.kill()

    async def kill(self) -> None:
        """Kill all of it at once (SIGKILL). Returns when all of it is gone."""
        family = process_tree.descendants(self.pid) | process_tree.group_members(self.pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for relative in family:
            if process_tree.is_alive(relative):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(relative.pid, signal.SIGKILL)
        ended = await self.wait(within_seconds=_DEATH_SECONDS)
        if ended is None or not await _all_gone(family, within_seconds=_DEATH_SECONDS):
            raise ProcessStuckError(f"process {self.pid} or one below it does not end")
        self._guardian.forget(self.pid)


async def _all_gone(
    family: Iterable[process_tree.ProcessIdentity], *, within_seconds: float
) -> bool:
    deadline = time.monotonic() + within_seconds
    while any(map(process_tree.is_alive, family)):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
