"""Loops side by side: one that fails backs off and says so, the others do not notice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.worker_telemetry import WorkerTelemetry

BACK_OFF_SECONDS_MIN: Final = 0.25
BACK_OFF_SECONDS_MAX: Final = 10.0
DRAIN_SECONDS_MAX: Final = 4.0

Round = Callable[[], Awaitable[bool]]
"""Does a bounded piece of work; true when more waits and another round is due at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedLoop:
    """A round, and how long to rest when there is nothing to do."""

    name: str
    run_round: Round
    rest_seconds: float


class Supervisor:
    """Runs loops until told to stop; then lets each finish its round."""

    def __init__(self, *, log: LogEvents, telemetry: WorkerTelemetry, clock: Clock) -> None:
        self._log = log
        self._telemetry = telemetry
        self._clock = clock

    async def run(self, loops: Sequence[SupervisedLoop], stopping: asyncio.Event) -> None:
        """Return within DRAIN_SECONDS_MAX of the stop; a round cut off then is safe to repeat."""
        tasks = [
            asyncio.create_task(self._run_loop(loop, stopping), name=loop.name) for loop in loops
        ]
        try:
            await stopping.wait()
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS_MAX)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_loop(self, loop: SupervisedLoop, stopping: asyncio.Event) -> None:
        failures = 0
        while not stopping.is_set():
            started = self._clock.monotonic_seconds()
            try:
                is_more_waiting = await loop.run_round()
            except Exception as error:  # noqa: BLE001 - a loop must outlive whatever its round met
                failures += 1
                self._telemetry.round_failed(loop.name, seconds=self._since(started))
                self._log.trouble("worker.round_failed", error, part=loop.name, attempt=failures)
                await self._rest(_back_off_seconds(failures), stopping)
                continue
            if failures:
                self._log.process("worker.round_recovered", part=loop.name, attempt=failures)
                failures = 0
            self._telemetry.round_done(
                loop.name, self._clock.epoch_seconds(), seconds=self._since(started)
            )
            # A rest of nothing still lets the other loops run.
            await self._rest(0.0 if is_more_waiting else loop.rest_seconds, stopping)

    def _since(self, started: float) -> float:
        return self._clock.monotonic_seconds() - started

    async def _rest(self, seconds: float, stopping: asyncio.Event) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(stopping.wait(), timeout=seconds)
        except TimeoutError:
            return


def _back_off_seconds(failures: int) -> float:
    return min(BACK_OFF_SECONDS_MIN * 2.0 ** min(failures - 1, 10), BACK_OFF_SECONDS_MAX)
