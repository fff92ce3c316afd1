"""A part of the sandbox as data, and one run of it."""

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from sandbox.child_process import ChildProcess, Launch
from sandbox.guardian import Guardian
from sandbox.probes import Probe
from sandbox.store_home import ServerUser

_PROBE_EVERY_SECONDS: Final = 0.05
_LOG_TAIL_LINES: Final = 15
_LOG_TAIL_BYTES: Final = 16_384

Step = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Do nothing: the step of parts that need no preparation."""


class State(StrEnum):
    """What a part is doing."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEAD = "dead"


class PartFailedError(Exception):
    """A part did not become ready: it ended, or its time is over. Says where its log is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One program of the sandbox: how to start it, when it is ready, how to end it.

    `is_ready` None: a step that runs once and must end well (a migration) before what follows.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    is_ready: Probe | None
    port: int | None = None
    data: Path | None = None
    user: ServerUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within_seconds: float = 15.0
    stop_within_seconds: float = 12.0
    before_start: Step = field(default=nothing)
    once_ready: Step = field(default=nothing)


class RunningPart:
    """One part and the state it is in."""

    def __init__(self, part: Part, guardian: Guardian) -> None:
        self.part = part
        self.state = State.WAITING
        self._guardian = guardian
        self._process: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of its process, None while it has none."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it and wait until it is ready. PartFailedError: nothing is left of it."""
        if self._process is not None:
            return
        self.state = State.STARTING
        try:
            await self.part.before_start()
            self._process = ChildProcess.start(self._launch(), self._guardian)
            await self._wait_until_ready(self._process)
            await self.part.once_ready()
        except BaseException:
            await self.kill()
            raise
        self.state = State.STOPPED if self.part.is_ready is None else State.READY

    async def stop(self) -> None:
        """End it politely; kill what is left after its time."""
        await self._end(State.STOPPED)

    def hurry(self) -> None:
        """Cut short the wait of a stop under way."""
        if self.state is State.STOPPING and self._process is not None:
            self._process.hurry()

    async def kill(self) -> None:
        """Kill it at once, as kill -9 does."""
        await self._end(State.DEAD, is_polite=False)

    async def notice_death(self) -> int | None:
        """Return the exit code if it ended by itself since the last look, else None."""
        if self.state is not State.READY or self._process is None:
            return None
        code = self._process.exit_code()
        if code is not None:
            await self.kill()  # Its children must not outlive it.
        return code

    async def _end(self, state: State, *, is_polite: bool = True) -> None:
        process, self.state = self._process, State.STOPPING
        if process is not None:
            await (
                process.stop(within_seconds=self.part.stop_within_seconds)
                if is_polite
                else process.kill()
            )
        self._process, self.state = None, state

    def _launch(self) -> Launch:
        self.part.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.part.log.replace(self.part.log.with_suffix(".log.1"))
        return Launch(
            command=self.part.command,
            environment=self.part.environment,
            directory=self.part.directory,
            log=self.part.log,
            user=self.part.user,
            stop_signal=self.part.stop_signal,
        )

    async def _wait_until_ready(self, process: ChildProcess) -> None:
        deadline = time.monotonic() + self.part.ready_within_seconds
        while time.monotonic() < deadline:
            code = process.exit_code()
            if code is not None and self._ended_as_it_should(code):
                await process.kill()  # Only so that nobody answers for it any more.
                self._process = None
                return
            if code is not None:
                raise PartFailedError(self._story(f"ended with {describe_exit(code)}"))
            if self.part.is_ready is not None and await self.part.is_ready():
                return
            await asyncio.sleep(_PROBE_EVERY_SECONDS)
        raise PartFailedError(
            self._story(f"not ready after {self.part.ready_within_seconds:.0f} s")
        )

    def _ended_as_it_should(self, code: int) -> bool:
        return self.part.is_ready is None and code == 0

    def _story(self, what: str) -> str:
        tail = log_tail(self.part.log)
        return f"{self.part.name}: {what}; {self.part.log}{':' if tail else ' is empty'}\n{tail}"


def describe_exit(code: int) -> str:
    """Say an exit code as a person would."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def log_tail(log: Path) -> str:
    """Return the last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-_LOG_TAIL_LINES:])


def bound_log(log: Path, *, bytes_max: int) -> None:
    """Set a log that grew too large aside (one is kept) and begin it anew, under its writer."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > bytes_max:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            with log.open("r+b") as file:
                file.truncate(0)
