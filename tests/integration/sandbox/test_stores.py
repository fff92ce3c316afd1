import os

import asyncpg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from tests.database_urls import DatabaseUrls

from sandbox.guardian import Guardian
from sandbox.postgres_server import OWNER, SERVICE_ROLES
from sandbox.stores import RunningStores, Stores

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("role", [OWNER, *SERVICE_ROLES])
async def test_no_role_of_the_service_has_power_over_the_server(stores: Stores, role: str) -> None:
    connection = await asyncpg.connect(stores.postgres.url(role))

    attributes = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    await connection.close()

    assert attributes is not None
    assert not any(attributes.values())


async def test_only_the_owner_may_create_anything(empty_database: DatabaseUrls) -> None:
    owner = await asyncpg.connect(empty_database.owner)
    await owner.execute("CREATE SCHEMA bff")
    await owner.close()

    for url in (empty_database.api, empty_database.worker, empty_database.retention):
        connection = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE SCHEMA mine")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE public.mine (id int)")
        await connection.close()


async def test_a_wrong_password_does_not_open_the_database(stores: Stores) -> None:
    url = stores.postgres.url("bff_api")
    password = stores.postgres.passwords["bff_api"]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url.replace(password, "wrong"))


async def test_each_tier_forgets_only_what_it_may(
    redis_cache_url: str, redis_session_url: str, broker_url: str
) -> None:
    settings = []
    for url in (redis_cache_url, redis_session_url, broker_url):
        with redis.Redis.from_url(url, decode_responses=True) as client:
            answer = client.config_get("maxmemory-policy", "appendonly", "appendfsync")
            settings.append((answer["maxmemory-policy"], answer["appendonly"]))

    assert settings == [("allkeys-lru", "no"), ("noeviction", "yes"), ("noeviction", "yes")]


def test_valkey_refuses_a_caller_without_the_password(stores: Stores) -> None:
    with (
        redis.Redis(port=stores.session_tier.port, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


async def test_what_was_committed_is_there_after_kill_9(
    running_servers: RunningStores, empty_database: DatabaseUrls
) -> None:
    before = await asyncpg.connect(empty_database.owner)
    await before.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
    before.terminate()

    running_servers.kill("postgres")
    running_servers.start("postgres")

    after = await asyncpg.connect(empty_database.owner)
    assert await after.fetchval("SELECT id FROM kept") == 7
    await after.close()


async def test_the_database_of_a_test_is_migrated(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.owner)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'bff'")
    await connection.close()


def test_a_lock_file_whose_number_is_another_program_s_does_not_stop_the_start(
    running_servers: RunningStores,
) -> None:
    running_servers.kill("postgres")
    data = running_servers.stores.postgres.home.directory / "postgres" / "data"
    lines = (data / "postmaster.pid").read_text().splitlines()
    (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    running_servers.start("postgres")


def test_a_server_that_lost_its_supervisor_makes_way_for_the_next_one(
    running_servers: RunningStores, stores: Stores
) -> None:
    data = stores.postgres.home.directory / "postgres" / "data"
    before = (data / "postmaster.pid").read_text().splitlines()[0]
    guardian = Guardian.start()
    another_run = RunningStores(stores, guardian)

    another_run.start("postgres")

    assert (data / "postmaster.pid").read_text().splitlines()[0] != before
    another_run.stop("postgres")
    guardian.dismiss()
    running_servers.stop("postgres")
    running_servers.start("postgres")
