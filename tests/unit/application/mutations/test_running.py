"""Actions under way outlive their clients and are finished before the process ends."""

import asyncio

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.application.mutations.running import RunningMutations
from bff_backoffice.domain.mutation import MutationsOverloaded
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline


async def test_a_drain_waits_for_what_is_under_way() -> None:
    running = RunningMutations()
    gate = asyncio.Event()
    finished: list[str] = []

    async def action() -> None:
        await gate.wait()
        finished.append("action")

    client = asyncio.create_task(running.shielded(action()))
    await asyncio.sleep(0)
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    asyncio.get_running_loop().call_soon(gate.set)

    left = await running.drain(Deadline.after(5, SystemClock()))

    assert (left, finished) == (0, ["action"])


async def test_a_drain_ends_what_does_not_end_by_itself() -> None:
    running = RunningMutations()
    client = asyncio.create_task(running.shielded(asyncio.Event().wait()))
    await asyncio.sleep(0)

    left = await running.drain(Deadline.after(0, ManualClock()))

    assert left == 1
    assert len(running) == 0
    with pytest.raises(asyncio.CancelledError):
        await client


async def test_draining_nothing_takes_no_time() -> None:
    assert await RunningMutations().drain(Deadline.after(0, ManualClock())) == 0


async def test_more_than_the_bound_is_refused_and_not_begun() -> None:
    running = RunningMutations(under_way_max=1)
    gate = asyncio.Event()
    first = asyncio.create_task(running.shielded(gate.wait()))
    await asyncio.sleep(0)

    with pytest.raises(MutationsOverloaded):
        await running.shielded(gate.wait())
    gate.set()

    assert await first is True
    assert len(running) == 0
