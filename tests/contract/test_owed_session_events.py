"""What every list of owed session events promises: one suite for the fake and for Valkey."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import pytest
import redis
from tests.fakes.owed_session_events import FakeOwedSessionEvents

from bff_backoffice.application.ports.owed_session_events import (
    OwedSessionEvents,
    OwedSessionEventsUnavailable,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.access_store import OWED_EVENTS_KEY
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.redis.owed_session_events import (
    UNREADABLE_KEY,
    UNREADABLE_MAX,
    RedisOwedSessionEvents,
)


@dataclass(slots=True)
class Tier:
    """The port, and the session tier's own side of it."""

    owed: OwedSessionEvents
    append: Callable[..., object]
    unreadable: Callable[[], Sequence[bytes | str]]


@pytest.fixture
def fake_tier() -> Tier:
    fake = FakeOwedSessionEvents()
    return Tier(
        owed=fake,
        append=lambda *entries: fake.entries.extend(entries),
        unreadable=lambda: fake.unreadable,
    )


@pytest.fixture
async def valkey_tier(redis_session_url: str) -> AsyncIterator[Tier]:
    connection = SharedRedisConnection(SecretText(redis_session_url), name="session")
    with redis.Redis.from_url(redis_session_url) as client:
        yield Tier(
            owed=RedisOwedSessionEvents(connection),
            append=lambda *entries: client.rpush(OWED_EVENTS_KEY, *entries),
            unreadable=lambda: client.lrange(UNREADABLE_KEY, 0, -1),
        )
    await connection.close()


@pytest.fixture(params=["fake_tier", pytest.param("valkey_tier", marks=pytest.mark.integration)])
def tier(request: pytest.FixtureRequest) -> Tier:
    found: Tier = request.getfixturevalue(request.param)
    return found


async def test_the_oldest_come_first_and_stay_until_they_are_removed(tier: Tier) -> None:
    tier.append(b"1", b"2", b"3")

    first = await tier.owed.oldest(2)
    again = await tier.owed.oldest(10)

    assert first == [b"1", b"2"]
    assert again == [b"1", b"2", b"3"]


async def test_what_is_removed_is_gone_and_what_came_meanwhile_is_not(tier: Tier) -> None:
    tier.append(b"1", b"2")
    read = await tier.owed.oldest(10)
    tier.append(b"3")

    await tier.owed.remove(read)

    assert await tier.owed.oldest(10) == [b"3"]
    assert await tier.owed.length() == 1


async def test_two_movers_that_remove_the_same_take_nothing_else_along(tier: Tier) -> None:
    tier.append(b"1", b"2", b"3")

    await tier.owed.remove([b"1", b"2"])
    await tier.owed.remove([b"1", b"2"])

    assert await tier.owed.oldest(10) == [b"3"]


async def test_what_cannot_be_read_is_set_aside_once(tier: Tier) -> None:
    tier.append(b"garbage", b"good")

    await tier.owed.set_aside(b"garbage")
    await tier.owed.set_aside(b"garbage")

    assert await tier.owed.oldest(10) == [b"good"]
    assert tier.unreadable() == [b"garbage"]


async def test_removing_nothing_is_no_trouble(tier: Tier) -> None:
    tier.append(b"1")

    await tier.owed.remove([])

    assert await tier.owed.length() == 1


@pytest.mark.integration
async def test_what_is_set_aside_is_bounded(valkey_tier: Tier) -> None:
    entries = [str(number).encode() for number in range(UNREADABLE_MAX + 3)]
    valkey_tier.append(*entries)

    for entry in entries:
        await valkey_tier.owed.set_aside(entry)

    assert valkey_tier.unreadable() == entries[3:]


async def test_a_session_tier_that_is_away_says_so() -> None:
    connection = SharedRedisConnection(SecretText("redis://127.0.0.1:1/0"), name="session")

    with pytest.raises(OwedSessionEventsUnavailable):
        await RedisOwedSessionEvents(connection).oldest(1)
    with pytest.raises(OwedSessionEventsUnavailable):
        await RedisOwedSessionEvents(connection).remove([b"1"])

    await connection.close()
