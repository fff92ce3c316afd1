"""Tiny parts for tests: a shell line that says it is ready by a file."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox import process_tree
from sandbox.guardian import Guardian
from sandbox.part import Part
from sandbox.probes import Probe

LIVES_ON = "touch ready; exec sleep 60"
DIES_AT_ONCE = "echo why it died; exit 3"
NEVER_READY = "exec sleep 60"
IGNORES_SIGTERM = "trap '' TERM; touch ready; while true; do sleep 0.05; done"
_DEADLINE_SECONDS = 10.0
HAS_A_CHILD = "sleep 60 & echo $! > child; touch ready; wait"


def dummy_part(
    folder: Path,
    *,
    name: str = "dummy",
    script: str = LIVES_ON,
    ready_within_seconds: float = 5.0,
    stop_within_seconds: float = 5.0,
) -> Part:
    """Give a part that runs a shell line in a folder of its own."""
    directory = folder / name
    directory.mkdir(exist_ok=True)

    async def forget_earlier_run() -> None:
        (directory / "ready").unlink(missing_ok=True)

    return Part(
        name=name,
        command=("/bin/sh", "-c", script),
        environment={"PATH": os.defpath},
        directory=directory,
        log=folder / f"{name}.log",
        is_ready=file_exists(directory / "ready"),
        ready_within_seconds=ready_within_seconds,
        stop_within_seconds=stop_within_seconds,
        before_start=forget_earlier_run,
    )


def file_exists(path: Path) -> Probe:
    """Ready when this file is there."""

    async def probe() -> bool:
        return await asyncio.to_thread(path.exists)

    return probe


@contextmanager
def guardian() -> Generator[Guardian]:
    """Give a guardian that is gone after the test."""
    running = Guardian.start()
    try:
        yield running
    finally:
        running.dismiss()


async def until(claim: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a claim holds; fail when it does not come true."""
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while True:
            if await claim():
                return
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    return bool(process_tree.command_line(pid))


def kill(pid: int) -> None:
    """Do what `kill -9` does."""
    os.kill(pid, signal.SIGKILL)
