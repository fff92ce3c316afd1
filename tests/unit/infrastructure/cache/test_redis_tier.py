from collections.abc import Sequence

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommand,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.infrastructure.cache.redis_tier import REST_SECONDS, RedisTier


class ScriptedRedis:
    """Implements RedisCommands: gives the replies it was handed, one list per round trip."""

    def __init__(self, *replies: list[object] | Exception) -> None:
        self.replies = list(replies)
        self.asked = 0

    async def execute(
        self, *arguments: RedisArgument, timeout_seconds: float | None = None
    ) -> object:
        (reply,) = await self.pipeline([arguments])
        return reply

    async def pipeline(
        self, commands: Sequence[RedisCommand], *, timeout_seconds: float | None = None
    ) -> list[object]:
        self.asked += 1
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


class Failures:
    def __init__(self) -> None:
        self.count = 0

    def add(self) -> None:
        self.count += 1


def tier_on(redis: ScriptedRedis, clock: ManualClock, failures: Failures) -> RedisTier:
    return RedisTier(redis, clock, on_failure=failures.add)


async def test_a_store_without_an_answer_is_left_alone_for_a_while() -> None:
    redis = ScriptedRedis(RedisUnavailable("gone"), [[None, b"g"]])
    clock, failures = ManualClock(), Failures()
    tier = tier_on(redis, clock, failures)
    for _ in range(5):
        with pytest.raises(RedisUnavailable):
            await tier.read(["a"], ["topic"])
    assert (redis.asked, failures.count) == (1, 1)

    clock.advance(REST_SECONDS)
    reading = await tier.read(["a"], ["topic"])
    assert (reading.entries, reading.generations) == ([None], ["g"])


async def test_a_store_that_refuses_is_unavailable_but_asked_again() -> None:
    """`OOM` on a write says nothing about the next read."""
    redis = ScriptedRedis([RedisRefusal("OOM")], [[None]])
    failures = Failures()
    tier = tier_on(redis, ManualClock(), failures)
    with pytest.raises(RedisUnavailable, match="OOM"):
        await tier.renew_generations(["topic"], "g")

    assert (await tier.read(["a"], [])).entries == [None]
    assert failures.count == 1


async def test_a_reply_of_another_kind_is_no_answer() -> None:
    tier = tier_on(ScriptedRedis([b"OK"]), ManualClock(), Failures())
    with pytest.raises(RedisUnavailable):
        await tier.read(["a"], [])
