"""Watching streams: what was last there, then what comes, nothing twice and nothing missed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.message_broker.stream_tail import StreamEntry, tail_streams
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection

pytestmark = pytest.mark.integration


@pytest.fixture
async def connection(broker_url: str) -> AsyncIterator[SharedRedisConnection]:
    made = SharedRedisConnection(SecretText(broker_url), name="broker")
    yield made
    await made.close()


async def take(entries: AsyncIterator[StreamEntry], count: int) -> list[tuple[str, bytes]]:
    async with asyncio.timeout(10):
        return [
            (entry.stream, entry.fields["event"])
            for entry in [await anext(entries) for _ in range(count)]
        ]


async def test_the_last_ones_come_first_and_new_ones_follow(
    connection: SharedRedisConnection, broker_url: str
) -> None:
    with redis.Redis.from_url(broker_url) as client:
        for number in range(3):
            client.xadd("one", {"event": f"old {number}"})
        entries = tail_streams(connection, ["one", "two"], backlog=2)

        before = await take(entries, 2)
        client.xadd("two", {"event": "new 1"})
        client.xadd("one", {"event": "new 2"})
        after = await take(entries, 2)
        await entries.aclose()  # type: ignore[attr-defined]  # an asynchronous generator

    assert before == [("one", b"old 1"), ("one", b"old 2")]
    assert sorted(after) == [("one", b"new 2"), ("two", b"new 1")]


async def test_without_a_backlog_only_new_ones_come(
    connection: SharedRedisConnection, broker_url: str
) -> None:
    with redis.Redis.from_url(broker_url) as client:
        client.xadd("one", {"event": "old"})
        entries = tail_streams(connection, ["one"], backlog=0)
        waiting = asyncio.create_task(take(entries, 1))
        await asyncio.sleep(1.3)  # Longer than one blocking read: an empty one is no end.
        client.xadd("one", {"event": "new"})

        assert await waiting == [("one", b"new")]
        await entries.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
