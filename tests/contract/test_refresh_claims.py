"""What every store of refresh claims promises: one suite for the fake and for Valkey."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from tests.fakes.refresh_claims import FakeRefreshClaims
from tests.valkey_contents import everything_in, names_in

from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.refresh_claims import RefreshClaims, RefreshOutcome
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.redis.refresh_claims import (
    TURN_MILLISECONDS,
    RedisRefreshClaims,
)

KEY = "t" * 43
NOW = 1_773_480_413.0
IN_ALL = 6
PER_SOURCE = 3
MODULE = "bff_backoffice.infrastructure.redis.refresh_claims"


@pytest.fixture(params=["fake", "real"])
async def claims(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RefreshClaims]:
    if request.param == "fake":
        yield FakeRefreshClaims(claims_max=IN_ALL, claims_per_source_max=PER_SOURCE)
        return
    monkeypatch.setattr(f"{MODULE}.CLAIMS_MAX", IN_ALL)
    monkeypatch.setattr(f"{MODULE}.CLAIMS_PER_SOURCE_MAX", PER_SOURCE)
    url: str = request.getfixturevalue("redis_session_url")
    connection = SharedRedisConnection(SecretText(url), name="refresh")
    yield RedisRefreshClaims(connection, claim_seconds=80)
    await connection.close()


async def claim(
    claims: RefreshClaims, proof: str, key: str = KEY, source: str = "a", now: float = NOW
) -> RefreshOutcome:
    return await claims.claim(key, proof, source=source, now_epoch_seconds=now)


async def test_a_proof_is_claimed_once(claims: RefreshClaims) -> None:
    assert await claim(claims, "p1") == "claimed"
    assert await claim(claims, "p1") == "replayed"
    await claims.release(KEY)
    assert await claim(claims, "p1") == "replayed"


async def test_one_refresh_of_a_key_is_under_way(claims: RefreshClaims) -> None:
    await claim(claims, "p1")

    assert await claim(claims, "p2") == "in_flight"
    await claims.release(KEY)
    assert await claim(claims, "p2") == "claimed"


async def test_of_many_copies_exactly_one_is_claimed(claims: RefreshClaims) -> None:
    outcomes = await asyncio.gather(*(claim(claims, "p1") for _ in range(32)))

    assert outcomes.count("claimed") == 1
    assert set(outcomes) == {"claimed", "replayed"}


async def test_another_key_may_use_the_same_identifier(claims: RefreshClaims) -> None:
    assert await claim(claims, "p1") == "claimed"
    assert await claim(claims, "p1", key="u" * 43) == "claimed"


async def test_a_full_source_does_not_fill_another(claims: RefreshClaims) -> None:
    for number in range(PER_SOURCE):
        assert await claim(claims, "p", key=f"key-{number}") == "claimed"

    assert await claim(claims, "p", key="one more") == "full"
    assert await claim(claims, "p", key="one more", source="b") == "claimed"


async def test_all_sources_together_are_bounded(claims: RefreshClaims) -> None:
    for number in range(IN_ALL):
        assert await claim(claims, "p", key=f"k{number}", source=f"s{number}") == "claimed"

    assert await claim(claims, "p", key="one more", source="new") == "full"


class TestOnValkeyAlone:
    @pytest.fixture
    async def redis(self, redis_session_url: str) -> AsyncIterator[Redis]:
        client = Redis.from_url(redis_session_url)
        yield client
        await client.aclose()

    @pytest.fixture
    async def claims(self, redis_session_url: str) -> AsyncIterator[RefreshClaims]:
        connection = SharedRedisConnection(SecretText(redis_session_url), name="refresh")
        yield RedisRefreshClaims(connection, claim_seconds=80)
        await connection.close()

    async def test_old_claims_leave_and_everything_ends(
        self, claims: RefreshClaims, redis: Redis
    ) -> None:
        await claim(claims, "p1")
        await claims.release(KEY)
        assert await claim(claims, "p2", now=NOW + 81) == "claimed"

        assert await redis.zcard("refresh:claims") == 1
        assert all([await redis.ttl(key) > 0 for key in await names_in(redis)])

    async def test_a_turn_that_nobody_gives_back_ends_by_itself(
        self, claims: RefreshClaims, redis: Redis
    ) -> None:
        await claim(claims, "p1")

        assert 0 < await redis.pttl(f"refresh:turn:{KEY}") <= TURN_MILLISECONDS

    async def test_a_full_server_claims_nothing(self, claims: RefreshClaims, redis: Redis) -> None:
        await claim(claims, "p1")
        await redis.config_set("maxmemory", "1")
        try:
            with pytest.raises(AccessStoreDown):
                await claim(claims, "p2", key="u" * 43)
            assert await redis.zcard("refresh:claims") == 1
            assert await redis.exists("refresh:turn:" + "u" * 43) == 0
        finally:
            await redis.config_set("maxmemory", "256mb")

    async def test_refusals_change_nothing(self, claims: RefreshClaims, redis: Redis) -> None:
        await claim(claims, "p1")
        before = await everything_in(redis)
        await claim(claims, "p1")
        await claim(claims, "p2")

        assert await everything_in(redis) == before

    async def test_a_store_without_an_answer_claims_nothing_and_releases_quietly(self) -> None:
        connection = SharedRedisConnection(SecretText("redis://127.0.0.1:1/0"), name="nowhere")
        claims = RedisRefreshClaims(connection, claim_seconds=80)

        with pytest.raises(AccessStoreDown):
            await claim(claims, "p1")
        await claims.release(KEY)
        await connection.close()
