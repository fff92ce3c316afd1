"""Loops that fail do not take others along, and all of them stop when told."""

import asyncio
import io

import msgspec
from prometheus_client import CollectorRegistry

from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.jobs.supervision import SupervisedLoop, Supervisor
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.worker_telemetry import WorkerTelemetry


class Watched:
    """A supervisor, its log and its metrics."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.registry = CollectorRegistry()
        self.stopping = asyncio.Event()
        clock = SystemClock()
        self.supervisor = Supervisor(
            log=LogEvents(clock, self.stream),
            telemetry=WorkerTelemetry(self.registry),
            clock=clock,
        )

    async def run(self, *loops: SupervisedLoop) -> None:
        async with asyncio.timeout(10):
            await self.supervisor.run(loops, self.stopping)

    def events(self) -> list[str]:
        lines = self.stream.getvalue().splitlines()
        return [msgspec.json.decode(line)["event"] for line in lines]


async def test_a_loop_that_fails_backs_off_and_the_others_live() -> None:
    watched = Watched()
    rounds = {"bad": 0, "good": 0}

    async def bad() -> bool:
        rounds["bad"] += 1
        raise ZeroDivisionError("a guest called Ahmad")

    async def good() -> bool:
        rounds["good"] += 1
        if rounds["good"] == 50:
            watched.stopping.set()
        return True

    await watched.run(
        SupervisedLoop(name="bad", run_round=bad, rest_seconds=0.01),
        SupervisedLoop(name="good", run_round=good, rest_seconds=0.01),
    )

    assert rounds["good"] == 50
    assert 1 <= rounds["bad"] < 10
    assert "worker.round_failed" in watched.events()
    assert "Ahmad" not in watched.stream.getvalue()
    failed = watched.registry.get_sample_value(
        "bff_backoffice_worker_round_failed_total", {"loop": "bad"}
    )
    assert failed == rounds["bad"]


async def test_a_loop_that_recovers_says_so() -> None:
    watched = Watched()
    rounds = 0

    async def once_bad() -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise ZeroDivisionError
        watched.stopping.set()
        return False

    await watched.run(SupervisedLoop(name="loop", run_round=once_bad, rest_seconds=0.01))

    assert watched.events() == ["worker.round_failed", "worker.round_recovered"]


async def test_a_stop_lets_a_round_finish() -> None:
    watched = Watched()
    finished: list[str] = []

    async def slow() -> bool:
        watched.stopping.set()
        await asyncio.sleep(0.05)
        finished.append("round")
        return True

    await watched.run(SupervisedLoop(name="slow", run_round=slow, rest_seconds=0.01))

    assert finished == ["round"]
