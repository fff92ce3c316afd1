"""What every view cache promises: one suite for the fake and for the real one on Valkey."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import pytest
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_cache import FakeViewCache
from tests.fakes.view_cache_real import RealCache, real_view_cache

from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import Freshness, ViewCache, ViewKey
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId

KEY = ViewKey(
    view="arrivals",
    tenant_id=TenantId("tnt_A"),
    property_id=PropertyId("prop_A"),
    topics=("reservation", "billing"),
)
FRESHNESS = Freshness(fresh_seconds=30, kept_seconds=600, fetch_seconds=1)


class Closable(ViewCache, Protocol):
    async def close(self) -> None: ...


class Upstream:
    """Answers with a number that counts the questions; waits while `gate` is closed."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: UpstreamFailure | None = None

    async def fetch(self, deadline: Deadline) -> bytes:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return b"%d" % number


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["fake", "real"])
async def cache(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Closable]:
    if request.param == "fake":
        fake = FakeViewCache(clock)
        yield fake
        await fake.close()
        return
    url: str = request.getfixturevalue("redis_cache_url")
    real: RealCache
    async with real_view_cache(url, clock) as real:
        yield real.cache


def soon(clock: ManualClock, seconds: float = 2.0) -> Deadline:
    return Deadline.after(seconds, clock)


async def load(
    cache: ViewCache, upstream: Upstream, clock: ManualClock, key: ViewKey = KEY
) -> bytes:
    view = await cache.load(key, upstream.fetch, freshness=FRESHNESS, deadline=soon(clock))
    return view.body


async def test_nothing_is_remembered_at_first(cache: ViewCache) -> None:
    assert await cache.peek([KEY], timeout_seconds=1) == [None]


async def test_a_fetched_view_is_fresh_for_its_time_and_then_fetched_again(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    assert await load(cache, upstream, clock) == b"1"
    clock.advance(29)
    assert await load(cache, upstream, clock) == b"1"
    clock.advance(2)
    assert await load(cache, upstream, clock) == b"2"


async def test_an_old_view_stays_until_it_is_no_longer_kept(
    cache: ViewCache, clock: ManualClock
) -> None:
    await load(cache, Upstream(), clock)
    clock.advance(599)
    (old,) = await cache.peek([KEY], timeout_seconds=1)
    assert old is not None
    assert not old.is_fresh(FRESHNESS)
    assert old.body == b"1"

    clock.advance(2)
    assert await cache.peek([KEY], timeout_seconds=1) == [None]


async def test_many_callers_cost_one_fetch(cache: ViewCache, clock: ManualClock) -> None:
    upstream = Upstream()
    upstream.gate.clear()
    callers = [asyncio.create_task(load(cache, upstream, clock)) for _ in range(50)]
    await asyncio.sleep(0.05)
    upstream.gate.set()

    assert set(await asyncio.gather(*callers)) == {b"1"}
    assert upstream.asked == 1


async def test_a_failure_reaches_every_caller_and_is_not_remembered(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    upstream.failure = UpstreamFailure(upstream="reservation", reason="reset")
    results = await asyncio.gather(
        *(load(cache, upstream, clock) for _ in range(5)), return_exceptions=True
    )

    assert [getattr(result, "reason", None) for result in results] == ["reset"] * 5
    assert await cache.peek([KEY], timeout_seconds=1) == [None]


async def test_a_caller_that_leaves_does_not_take_the_fetch_with_it(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    upstream.gate.clear()
    leaving = asyncio.create_task(load(cache, upstream, clock))
    staying = asyncio.create_task(load(cache, upstream, clock))
    await asyncio.sleep(0.05)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    upstream.gate.set()

    assert await staying == b"1"
    assert upstream.asked == 1


async def test_a_caller_waits_no_longer_than_its_own_deadline(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    upstream.gate.clear()
    with pytest.raises(UpstreamFailure) as caught:
        await cache.load(
            KEY, upstream.fetch, freshness=FRESHNESS, deadline=soon(clock, seconds=0.05)
        )
    assert caught.value.reason == "timeout"

    upstream.gate.set()
    await asyncio.sleep(0.05)
    (view,) = await cache.peek([KEY], timeout_seconds=1)
    assert view is not None


async def test_a_change_ends_freshness_of_what_shows_it_and_of_nothing_else(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    other = replace(KEY, view="rates", topics=("pricing",))
    elsewhere = replace(KEY, property_id=PropertyId("prop_B"))
    for key in (KEY, other, elsewhere):
        await load(cache, upstream, clock, key)

    await cache.invalidate(KEY.tenant_id, KEY.property_id, ["billing"])

    views = await cache.peek([KEY, other, elsewhere], timeout_seconds=1)
    assert [view is not None and view.is_current for view in views] == [False, True, True]
    assert await load(cache, upstream, clock) == b"4"


async def test_a_fetch_from_before_a_change_serves_nobody_who_asks_after_it(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    upstream.gate.clear()
    before = asyncio.create_task(load(cache, upstream, clock))
    await asyncio.sleep(0.05)
    await cache.invalidate(KEY.tenant_id, KEY.property_id, ["reservation"])
    after = asyncio.create_task(load(cache, upstream, clock))
    await asyncio.sleep(0.05)
    upstream.gate.set()

    assert await before == b"1"
    assert await after == b"2"


async def test_a_refresh_waits_for_nothing_and_fetches_once(
    cache: ViewCache, clock: ManualClock
) -> None:
    upstream = Upstream()
    for _ in range(3):
        cache.refresh(KEY, upstream.fetch, freshness=FRESHNESS)
    await asyncio.sleep(0.05)

    assert await load(cache, upstream, clock) == b"1"
    assert upstream.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, tenant_id=TenantId("tnt_B")),
        replace(KEY, property_id=PropertyId("prop_B")),
        replace(KEY, view="departures"),
        replace(KEY, operator_id=OperatorId("opr_A")),
        replace(KEY, roles=frozenset({"front_desk"})),
        replace(KEY, locale="fa-AF"),
        replace(KEY, tenant_id=TenantId("tnt_A:prop_A"), property_id=PropertyId("")),
    ],
)
async def test_callers_share_a_view_only_where_every_part_of_the_key_is_the_same(
    cache: ViewCache, clock: ManualClock, other: ViewKey
) -> None:
    upstream = Upstream()
    await load(cache, upstream, clock)

    assert await cache.peek([other], timeout_seconds=1) == [None]
    assert await load(cache, upstream, clock, other) == b"2"
