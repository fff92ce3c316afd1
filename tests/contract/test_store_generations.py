"""What every record of generations promises: one suite for the fake and for PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.store_generations import FakeStoreGenerations

from bff_backoffice.application.ports.store_generations import StoreGenerations
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.store_generations import PostgresStoreGenerations

NOW = 1_773_480_413.25


@pytest.fixture
async def real_generations(database: DatabaseUrls) -> AsyncIterator[StoreGenerations]:
    connections = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    yield PostgresStoreGenerations(connections)
    await connections.close()


@pytest.fixture(params=["fake", "real"])
def generations(request: pytest.FixtureRequest) -> StoreGenerations:
    if request.param == "fake":
        return FakeStoreGenerations()
    real: StoreGenerations = request.getfixturevalue("real_generations")
    return real


async def opened(
    generations: StoreGenerations,
    run_id: str = "run-1",
    marker: int | None = None,
    known: int = 0,
    now: float = NOW,
) -> tuple[int, float | None]:
    generation = await generations.open(
        run_id=run_id, marker=marker, known=known, now_epoch_seconds=now
    )
    return generation.number, generation.started_at_epoch_seconds


async def marked(generations: StoreGenerations, run_id: str = "run-1") -> int:
    generation = await generations.open(run_id=run_id, marker=None, known=0, now_epoch_seconds=NOW)
    await generations.confirm(generation)
    return generation.number


async def test_the_very_first_generation_has_no_start(generations: StoreGenerations) -> None:
    assert await opened(generations) == (1, None)


async def test_a_second_process_at_a_fresh_start_finds_the_same_one(
    generations: StoreGenerations,
) -> None:
    await opened(generations)

    assert await opened(generations) == (1, None)
    assert await opened(generations, marker=1) == (1, None)


async def test_another_run_of_the_server_opens_the_next_even_with_the_marker(
    generations: StoreGenerations,
) -> None:
    await marked(generations)

    assert await opened(generations, run_id="run-2", marker=1, known=1) == (2, NOW)


async def test_one_loss_seen_by_many_opens_one(generations: StoreGenerations) -> None:
    await marked(generations)
    found = await asyncio.gather(*(opened(generations, known=1) for _ in range(8)))

    assert set(found) == {(2, NOW)}
    restarts = await asyncio.gather(
        *(opened(generations, run_id="run-2", marker=2, known=2) for _ in range(8))
    )
    assert {number for number, _ in restarts} == {3}


async def test_a_process_that_knew_nothing_still_sees_that_a_marked_store_lost_its_mark(
    generations: StoreGenerations,
) -> None:
    await marked(generations)

    assert await opened(generations, marker=None, known=0) == (2, NOW)


async def test_a_store_not_marked_yet_is_no_loss(generations: StoreGenerations) -> None:
    """One process has opened it and died before it could mark the store."""
    await marked(generations)
    await opened(generations, run_id="run-2", marker=1, known=1)

    assert await opened(generations, run_id="run-2", marker=None, known=0, now=NOW + 9) == (2, NOW)


async def test_a_late_confirmation_of_an_older_one_marks_nothing(
    generations: StoreGenerations,
) -> None:
    first = await generations.open(run_id="run-1", marker=None, known=0, now_epoch_seconds=NOW)
    await generations.confirm(first)
    await opened(generations, run_id="run-2", marker=1, known=1)
    await generations.confirm(first)

    assert (await opened(generations, run_id="run-2", marker=None, known=0))[0] == 2


async def test_a_record_that_is_behind_the_store_goes_past_it_in_one_step(
    generations: StoreGenerations,
) -> None:
    """The database came back from a backup; whatever was claimed meanwhile, nobody replays."""
    await marked(generations)

    assert await opened(generations, marker=40, known=0) == (41, NOW)
    assert await opened(generations, marker=40, known=1, now=NOW + 9) == (41, NOW)


async def test_a_fresh_record_beside_a_store_with_a_past_starts_behind_it(
    generations: StoreGenerations,
) -> None:
    assert await opened(generations, marker=7) == (8, NOW)


async def test_postgres_away_is_told_as_unavailable() -> None:
    nowhere = SecretText("postgresql://bff_api:x@127.0.0.1:1/bff")
    database = Database(nowhere, PoolPolicy(application_name="test"))

    with pytest.raises(StoreUnavailable):
        await opened(PostgresStoreGenerations(database))
    await database.close()
