"""What every comparison of this folder needs: CPU time of this process, and a way to report."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import msgspec
import uvloop
from tools.stack_measurements.rounds import Candidate, Measurement


def in_one_thread(name: str, operation: Callable[[], object], times: int) -> Candidate:
    """Return a candidate that does a synchronous operation so many times a round."""

    async def work() -> float:
        started = time.process_time()
        for _ in range(times):
            operation()
        return time.process_time() - started

    return Candidate(name=name, work=work)


def concurrently(
    name: str, operation: Callable[[], Awaitable[object]], *, times: int, at_once: int
) -> Candidate:
    """Return a candidate that does an asynchronous operation, `at_once` at a time."""

    async def one_after_another(count: int) -> None:
        for _ in range(count):
            await operation()

    async def work() -> float:
        started = time.process_time()
        async with asyncio.timeout(30.0):
            await asyncio.gather(*(one_after_another(times // at_once) for _ in range(at_once)))
        return time.process_time() - started

    return Candidate(name=name, work=work)


def report(measure: Callable[[], Awaitable[list[Measurement]]]) -> None:
    """Measure on uvloop, as the service runs, and print the tables as JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measurements = runner.run(measure())
    sys.stdout.buffer.write(msgspec.json.encode(measurements))
