"""How the stores do, told in metrics without any request."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from tests.database_urls import DatabaseUrls

from bff_backoffice.bootstrap.store_measuring import StoreMeasuring
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.telemetry.store_telemetry import StoreTelemetry

pytestmark = pytest.mark.integration


class Told(StoreTelemetry):
    """Says when the first tier has been asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.asked = asyncio.Event()

    def redis_pool_is(self, tier: str, in_use: int, total: int) -> None:
        super().redis_pool_is(tier, in_use, total)
        self.asked.set()


class Measured:
    """Stores of one process, some of which may not be there."""

    def __init__(self, postgres: str, *tiers: tuple[str, str]) -> None:
        self.registry = CollectorRegistry()
        self.told = Told(self.registry)
        policy = PoolPolicy(application_name="test", connections_max=3)
        self.database = Database(SecretText(postgres), policy)
        self.redis = [SharedRedisConnection(SecretText(url), name=name) for name, url in tiers]
        self.measuring = StoreMeasuring(
            database=self.database, redis=self.redis, telemetry=self.told
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"bff_backoffice_{name}", labels)

    async def close(self) -> None:
        await self.database.close()
        for tier in self.redis:
            await tier.close()


async def test_stores_that_answer_are_up_and_their_pools_are_shown(
    database: DatabaseUrls, redis_session_url: str
) -> None:
    measured = Measured(database.api, ("session", redis_session_url))

    await measured.measuring.measure()

    assert measured.value("dependency_up", dependency="postgres") == 1
    assert measured.value("dependency_up", dependency="redis-session") == 1
    assert measured.value("redis_pool_inuse", tier="session") == 1
    assert measured.value("redis_pool_total", tier="session") == 1
    assert measured.value("postgres_pool_inuse") == 0
    assert measured.value("postgres_pool_total") == 3
    await measured.close()


async def test_a_busy_connection_is_counted(database: DatabaseUrls) -> None:
    measured = Measured(database.api)
    busy = asyncio.create_task(measured.database.fetch_row("select pg_sleep(0.6)"))
    await asyncio.sleep(0.2)

    await measured.measuring.measure()

    assert measured.value("postgres_pool_inuse") == 1
    await busy
    await measured.close()


async def test_stores_that_do_not_answer_are_down_and_the_others_are_still_asked(
    redis_session_url: str,
) -> None:
    measured = Measured(
        "postgresql://bff_api:x@127.0.0.1:1/bff",
        ("cache", "redis://127.0.0.1:1/0"),
        ("session", redis_session_url),
    )

    await measured.measuring.measure()

    assert measured.value("dependency_up", dependency="postgres") == 0
    assert measured.value("dependency_up", dependency="redis-cache") == 0
    assert measured.value("redis_pool_inuse", tier="cache") == 0
    assert measured.value("dependency_up", dependency="redis-session") == 1
    await measured.close()


async def test_it_asks_while_the_block_runs_and_ends_with_it(redis_session_url: str) -> None:
    measured = Measured("postgresql://bff_api:x@127.0.0.1:1/bff", ("session", redis_session_url))

    async with measured.measuring.running(), asyncio.timeout(5):
        await measured.told.asked.wait()

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "store-measuring"]
    await measured.close()
