import asyncio

from bff_backoffice.infrastructure.upstreams.bulkhead import Bulkhead


async def entered(bulkhead: Bulkhead, *, wait: float = 1.0) -> bool:
    return await bulkhead.enter(wait_seconds_max=wait)


async def test_places_are_given_until_there_are_none() -> None:
    bulkhead = Bulkhead(places=2, waiting_max=0)

    assert [await entered(bulkhead) for _ in range(3)] == [True, True, False]
    assert bulkhead.is_full


async def test_a_place_given_back_goes_to_the_first_who_waits() -> None:
    bulkhead = Bulkhead(places=1, waiting_max=2)
    await entered(bulkhead)
    waiting = [asyncio.create_task(entered(bulkhead)) for _ in range(2)]
    await asyncio.sleep(0)
    assert bulkhead.is_full

    bulkhead.leave()
    await asyncio.sleep(0.01)
    assert [task.done() for task in waiting] == [True, False]

    bulkhead.leave()
    assert await waiting[1]
    bulkhead.leave()
    assert await entered(bulkhead, wait=0)


async def test_who_waited_in_vain_leaves_no_trace() -> None:
    bulkhead = Bulkhead(places=1, waiting_max=1)
    await entered(bulkhead)

    assert not await entered(bulkhead, wait=0.01)
    assert not bulkhead.is_full
    bulkhead.leave()
    assert await entered(bulkhead, wait=0)


async def test_who_is_cancelled_while_waiting_leaves_no_trace() -> None:
    bulkhead = Bulkhead(places=1, waiting_max=1)
    await entered(bulkhead)
    waiting = asyncio.create_task(entered(bulkhead))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert not bulkhead.is_full
    bulkhead.leave()
    assert await entered(bulkhead, wait=0)


async def test_a_place_given_in_the_moment_its_caller_is_cancelled_is_not_lost() -> None:
    bulkhead = Bulkhead(places=1, waiting_max=1)
    await entered(bulkhead)
    waiting = asyncio.create_task(entered(bulkhead))
    await asyncio.sleep(0)
    bulkhead.leave()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await entered(bulkhead, wait=0)


async def test_a_place_is_passed_over_those_who_have_gone() -> None:
    bulkhead = Bulkhead(places=1, waiting_max=2)
    await entered(bulkhead)
    gone, staying = [asyncio.create_task(entered(bulkhead)) for _ in range(2)]
    await asyncio.sleep(0)
    gone.cancel()
    bulkhead.leave()
    await asyncio.gather(gone, return_exceptions=True)

    assert await staying
