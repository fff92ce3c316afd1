"""The pool: bounded in connections and in time, and honest about whose mistake it was."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.database_urls import DatabaseUrls

from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy

pytestmark = pytest.mark.integration

SMALL = PoolPolicy(
    application_name="test-pool", connections_max=2, acquire_seconds=0.1, statement_seconds=2.0
)


@pytest.fixture
async def pool(database: DatabaseUrls) -> AsyncIterator[Database]:
    made = Database(SecretText(database.api), SMALL)
    yield made
    await made.close()


async def test_nothing_connects_before_it_is_asked() -> None:
    away = Database(SecretText("postgresql://bff_api@127.0.0.1:1/bff"), SMALL)

    assert away.connections_in_use() == (0, 2)
    assert not await away.ping()
    with pytest.raises(StoreUnavailable):
        await away.fetch("select 1")
    await away.close()


async def test_many_first_callers_open_one_pool(pool: Database, database: DatabaseUrls) -> None:
    await asyncio.gather(*(pool.fetch("select 1") for _ in range(20)))

    superuser = await asyncpg.connect(database.superuser)
    connected = await superuser.fetchval(
        "select count(*) from pg_stat_activity where application_name = 'test-pool'"
    )
    await superuser.close()
    assert connected <= 2


async def test_a_full_pool_makes_nobody_wait_for_long(pool: Database) -> None:
    busy = [asyncio.create_task(pool.fetch("select pg_sleep(0.5)")) for _ in range(2)]
    await asyncio.sleep(0.1)  # Let both get their connections.

    in_use = pool.connections_in_use()
    with pytest.raises(StoreUnavailable):
        await pool.fetch("select 1")
    await asyncio.gather(*busy)

    assert in_use == (2, 2)
    assert pool.connections_in_use() == (0, 2)
    assert await pool.ping()


async def test_a_statement_that_takes_too_long_is_ended_on_the_server_too(
    pool: Database, database: DatabaseUrls
) -> None:
    with pytest.raises(StoreUnavailable):
        await pool.fetch("select pg_sleep(30)", seconds=0.1)

    superuser = await asyncpg.connect(database.superuser)
    running = 1
    for _ in range(100):
        running = await superuser.fetchval(
            "select count(*) from pg_stat_activity"
            " where application_name = 'test-pool' and state = 'active'"
        )
        if not running:
            break
        await asyncio.sleep(0.02)
    await superuser.close()
    assert running == 0


async def test_a_mistake_of_ours_is_not_called_the_databases_state(pool: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.fetch("select * from bff.unheard_of")
    with pytest.raises(asyncpg.DataError):
        await pool.fetch("select $1::integer", "not a number")

    assert await pool.ping()


async def test_rows_touched_are_counted(pool: Database) -> None:
    assert await pool.execute("select 1") == 1
    assert await pool.execute("set local lock_timeout = 1") == 0


async def test_a_close_cuts_off_what_does_not_end(database: DatabaseUrls) -> None:
    policy = PoolPolicy(application_name="test-close", connect_seconds=0.2, statement_seconds=20.0)
    made = Database(SecretText(database.api), policy)
    busy = asyncio.create_task(made.fetch("select pg_sleep(15)"))
    await asyncio.sleep(0.2)  # Let it get to the server.

    async with asyncio.timeout(3):
        await made.close()

    with pytest.raises(StoreUnavailable):
        await busy
    assert made.connections_in_use() == (0, 8)
