"""Fixtures every test may use: real stores, started once per run, clean for each test."""

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import redis
from tests.database_urls import DatabaseUrls

from sandbox.postgres_server import OWNER, SUPERUSER, create_database
from sandbox.stores import RunningStores, Stores, running_stores

SOURCES = Path(__file__).parents[1] / "src"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_TEMPLATE = "migrated_template"
_DATABASE_NUMBERS = itertools.count(1)
_MIGRATE = """
import asyncio
from bff_backoffice.bootstrap.migrate import migrate_database
asyncio.run(migrate_database())
"""
_MIGRATE_SECONDS = 60
_ANSWER_SECONDS = 30


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last, and skip them where there is no Chromium and none was promised.

    Last, after the shuffle: Playwright's synchronous interface keeps an event loop running in
    this thread, and no asynchronous test can run beside it.
    """
    items.sort(key=_is_browser_test)
    browser_tests = [item for item in items if _is_browser_test(item)]
    if not browser_tests or any(map(shutil.which, CHROMIUM_NAMES)):
        return
    if os.environ.get("REQUIRE_CHROMIUM"):
        raise pytest.UsageError(f"REQUIRE_CHROMIUM is set, and there is none of {CHROMIUM_NAMES}")
    reason = f"no Chromium: {len(browser_tests)} browser tests are skipped"
    for item in browser_tests:
        item.add_marker(pytest.mark.skip(reason=reason))


def _is_browser_test(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def running_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStores]:
    """PostgreSQL and three Valkey servers; a test that stops one must start it again."""
    with running_stores(tmp_path_factory.mktemp("stores"), is_durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def stores(running_servers: RunningStores) -> Stores:
    """Give the URLs of the running servers."""
    return running_servers.stores


@pytest.fixture
async def empty_database(stores: Stores) -> AsyncIterator[DatabaseUrls]:
    """Give a database of the test's own with the four roles and nothing in it."""
    async with _own_database(stores, template="template1") as urls:
        yield urls


@pytest.fixture(scope="session")
def migrated_template(stores: Stores) -> str:
    """Make, once per run, the database that `bff migrate` leaves behind."""
    with ThreadPoolExecutor(max_workers=1) as executor:  # Not the loop of any test.
        executor.submit(asyncio.run, _create(stores, _TEMPLATE, "template1")).result()
    migrate(stores.postgres.url(OWNER, _TEMPLATE))
    return _TEMPLATE


@pytest.fixture
async def database(stores: Stores, migrated_template: str) -> AsyncIterator[DatabaseUrls]:
    """Give a migrated database of the test's own."""
    async with _own_database(stores, template=migrated_template) as urls:
        yield urls


@pytest.fixture
def redis_session_url(stores: Stores) -> str:
    """Give the session tier, empty."""
    return _emptied(stores.session_tier.url)


@pytest.fixture
def redis_cache_url(stores: Stores) -> str:
    """Give the cache tier, empty."""
    return _emptied(stores.cache_tier.url)


@pytest.fixture
def broker_url(stores: Stores) -> str:
    """Give the broker, empty."""
    return _emptied(stores.broker.url)


@asynccontextmanager
async def _own_database(stores: Stores, *, template: str) -> AsyncGenerator[DatabaseUrls]:
    name = f"test_{next(_DATABASE_NUMBERS)}"
    await _create(stores, name, template)
    postgres = stores.postgres
    yield DatabaseUrls(
        superuser=postgres.url(SUPERUSER, name),
        owner=postgres.url(OWNER, name),
        api=postgres.url("bff_api", name),
        worker=postgres.url("bff_worker", name),
        retention=postgres.url("bff_retention", name),
    )
    connection = await asyncpg.connect(
        postgres.url(SUPERUSER, "postgres"), command_timeout=_ANSWER_SECONDS
    )
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()


async def _create(stores: Stores, name: str, template: str) -> None:
    connection = await asyncpg.connect(
        stores.postgres.url(SUPERUSER, "postgres"), command_timeout=_ANSWER_SECONDS
    )
    await create_database(connection, name, template=template)
    await connection.close()


def _emptied(url: str) -> str:
    with redis.Redis.from_url(url, socket_timeout=_ANSWER_SECONDS) as client:
        client.flushall()
    return url


def migrate(owner_url: str) -> None:
    """Do what `bff migrate` does to this database."""
    finished = subprocess.run(
        [sys.executable, "-c", _MIGRATE],
        env={
            "PYTHONPATH": str(SOURCES),
            "PATH": os.environ["PATH"],
            "BFF_POSTGRES_OWNER_URL": owner_url,
        },
        capture_output=True,
        timeout=_MIGRATE_SECONDS,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
