"""Several instances and one Valkey: one fetch for all, whoever dies or falls silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from tests.fakes.upstream_server import hanging, running_upstream
from tests.fakes.view_cache_real import RealCache, real_view_cache

from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import Freshness, ViewKey
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, TenantId
from bff_backoffice.infrastructure.cache import single_flight
from bff_backoffice.infrastructure.cache.entries import VALUE_BYTES_MAX
from bff_backoffice.infrastructure.cache.redis_tier import COMMAND_SECONDS_MAX, LEASE_MILLISECONDS

CLOCK = SystemClock()
KEY = ViewKey(
    view="arrivals",
    tenant_id=TenantId("tnt_A"),
    property_id=PropertyId("prop_A"),
    topics=("reservation",),
)
FRESHNESS = Freshness(fresh_seconds=30, kept_seconds=600, fetch_seconds=2)
LEASE_KEY = f"fetch:{KEY.text}@"


class Upstream:
    def __init__(self, *, seconds: float = 0.1, failure: UpstreamFailure | None = None) -> None:
        self.asked = 0
        self.seconds = seconds
        self.failure = failure

    async def fetch(self, deadline: Deadline) -> bytes:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        return b'"answer"'


@pytest.fixture
async def instances(redis_cache_url: str) -> AsyncIterator[list[RealCache]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(real_view_cache(redis_cache_url, CLOCK))
            for _ in range(3)
        ]


async def load(instance: RealCache, upstream: Upstream, *, seconds: float = 3) -> bytes:
    deadline = Deadline.after(seconds, CLOCK)
    view = await instance.cache.load(KEY, upstream.fetch, freshness=FRESHNESS, deadline=deadline)
    return view.body


async def test_callers_of_three_instances_cost_one_upstream_call(
    instances: list[RealCache],
) -> None:
    upstream = Upstream(seconds=LEASE_MILLISECONDS / 1000 * 2)
    answers = await asyncio.gather(
        *(load(instance, upstream) for instance in instances for _ in range(20))
    )

    assert set(answers) == {b'"answer"'}
    assert upstream.asked == 1


async def test_a_failure_on_one_instance_is_not_repeated_on_the_others(
    instances: list[RealCache],
) -> None:
    failure = UpstreamFailure(upstream="reservation", reason="error")
    upstream = Upstream(failure=failure)
    results = await asyncio.gather(
        *(load(instance, upstream) for instance in instances), return_exceptions=True
    )

    assert [str(result) for result in results] == ["reservation: error"] * 3
    assert upstream.asked == 1


async def test_a_leader_that_died_is_replaced_when_its_lease_ends(
    instances: list[RealCache],
) -> None:
    await instances[0].redis.execute(
        "SET", LEASE_KEY, "a leader that was killed", "PX", LEASE_MILLISECONDS
    )
    upstream = Upstream(seconds=0.01)
    answers = await asyncio.gather(*(load(instance, upstream) for instance in instances))

    assert set(answers) == {b'"answer"'}
    assert upstream.asked == 1


async def test_a_dead_leader_costs_no_caller_more_than_its_deadline(
    instances: list[RealCache],
) -> None:
    await instances[0].redis.execute("SET", LEASE_KEY, "a leader that hangs", "PX", 60_000)
    upstream = Upstream()
    deadline = Deadline.after(0.15, CLOCK)
    with pytest.raises(UpstreamFailure) as caught:
        await load(instances[1], upstream, seconds=0.15)

    assert caught.value.reason == "timeout"
    assert CLOCK.monotonic_seconds() - deadline.at_monotonic_seconds < 0.1
    assert upstream.asked == 0


async def test_a_follower_gives_up_at_the_end_of_its_fetch_s_own_time(
    instances: list[RealCache],
) -> None:
    await instances[0].redis.execute("SET", LEASE_KEY, "a leader that hangs", "PX", 60_000)
    brief = replace(FRESHNESS, fetch_seconds=0.1)
    upstream = Upstream()
    with pytest.raises(UpstreamFailure, match="cache: timeout"):
        await instances[1].cache.load(
            KEY, upstream.fetch, freshness=brief, deadline=Deadline.after(2, CLOCK)
        )

    assert upstream.asked == 0


async def test_a_view_too_large_to_keep_is_answered_and_kept_nowhere(
    instances: list[RealCache],
) -> None:
    large = b'"' + b"x" * VALUE_BYTES_MAX + b'"'

    async def fetch(deadline: Deadline) -> bytes:
        return large

    (instance, *_) = instances
    view = await instance.cache.load(
        KEY, fetch, freshness=FRESHNESS, deadline=Deadline.after(2, CLOCK)
    )

    assert view.body == large
    assert await instance.cache.peek([KEY], timeout_seconds=1) == [None]
    assert await instance.redis.execute("EXISTS", "view:" + KEY.text) == 0


async def test_above_the_bound_no_further_fetch_is_started(
    instances: list[RealCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_flight, "FLIGHTS_MAX", 2)
    (instance, *_) = instances
    upstream = Upstream(seconds=0.2)
    keys = [replace(KEY, view=f"view {number}") for number in range(3)]
    for key in keys[:2]:
        instance.cache.refresh(key, upstream.fetch, freshness=FRESHNESS)

    with pytest.raises(UpstreamFailure, match="bulkhead_full"):
        await instance.cache.load(
            keys[2], upstream.fetch, freshness=FRESHNESS, deadline=Deadline.after(1, CLOCK)
        )
    instance.cache.refresh(keys[2], upstream.fetch, freshness=FRESHNESS)
    await asyncio.sleep(0.05)

    assert upstream.asked == 2


async def test_a_leader_that_lost_its_lease_does_not_take_it_from_the_next_one(
    instances: list[RealCache],
) -> None:
    upstream = Upstream(seconds=0.05)
    leading = asyncio.create_task(load(instances[0], upstream))
    await asyncio.sleep(0.02)
    await instances[1].redis.execute("SET", LEASE_KEY, "the next one", "PX", 60_000)
    await leading

    assert await instances[1].redis.execute("GET", LEASE_KEY) == b"the next one"


async def test_a_change_on_one_instance_is_seen_by_the_others(
    instances: list[RealCache],
) -> None:
    upstream = Upstream(seconds=0)
    first, second, _ = instances
    await load(first, upstream)
    await first.cache.invalidate(KEY.tenant_id, KEY.property_id, ["reservation"])
    await load(second, upstream)

    assert upstream.asked == 2


async def test_another_instance_answers_from_what_one_has_fetched(
    instances: list[RealCache],
) -> None:
    upstream = Upstream(seconds=0)
    await load(instances[0], upstream)
    await load(instances[1], upstream)

    assert upstream.asked == 1


async def test_rubbish_in_the_store_is_a_miss(instances: list[RealCache]) -> None:
    await instances[0].redis.execute("SET", "view:" + KEY.text, b"\xff not an entry")
    upstream = Upstream(seconds=0)

    assert await load(instances[0], upstream) == b'"answer"'


async def test_without_the_store_each_process_goes_on_alone() -> None:
    async with real_view_cache("redis://127.0.0.1:1/0", CLOCK) as instance:
        upstream = Upstream()
        answers = await asyncio.gather(*(load(instance, upstream) for _ in range(10)))
        await load(instance, upstream)

    assert set(answers) == {b'"answer"'}
    assert upstream.asked == 1
    assert instance.observer.failures > 0


async def test_a_silent_store_is_given_up_in_time_and_then_left_alone() -> None:
    async with running_upstream(hanging) as server:
        url = server.origin.replace("http", "redis") + "/0"
        async with real_view_cache(url, CLOCK) as instance:
            started = CLOCK.monotonic_seconds()
            await instance.cache.peek([KEY], timeout_seconds=0.01)
            assert CLOCK.monotonic_seconds() - started < COMMAND_SECONDS_MAX

            assert await load(instance, Upstream()) == b'"answer"'
            for _ in range(20):
                await instance.cache.peek([KEY], timeout_seconds=0.05)
            assert CLOCK.monotonic_seconds() - started < 1
            assert instance.observer.failures == 1


async def test_a_hurried_reader_does_not_break_the_connection_for_the_others(
    instances: list[RealCache],
) -> None:
    (instance, *_) = instances
    upstream = Upstream(seconds=0)
    loading = [asyncio.create_task(load(instance, upstream)) for _ in range(20)]
    for _ in range(20):
        await instance.cache.peek([KEY], timeout_seconds=0)

    assert set(await asyncio.gather(*loading)) == {b'"answer"'}
    assert instance.observer.failures == 0


async def test_closing_ends_what_is_under_way_and_leaves_nothing_behind(
    redis_cache_url: str,
) -> None:
    upstream = Upstream(seconds=60)
    async with real_view_cache(redis_cache_url, CLOCK) as instance:
        waiting = asyncio.create_task(load(instance, upstream))
        await asyncio.sleep(0.05)
        await instance.cache.close()
        with pytest.raises(UpstreamFailure):
            await waiting

    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("fetch")]
