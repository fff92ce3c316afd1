"""What every outbox promises: one suite for the fake and for PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_path import OTHER_TENANT, TENANT
from tests.fakes.outbox import FakeOutbox

from bff_backoffice.application.ports.outbox import Outbox, PublishFailure
from bff_backoffice.domain.message import Message
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import EventId, TenantId, new_ulid
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.outbox import PostgresOutbox

ONE, TWO = uuid4(), uuid4()
CLOCK = SystemClock()


@pytest.fixture
def fake_outbox() -> FakeOutbox:
    return FakeOutbox(ManualClock())


@pytest.fixture
async def postgres_outbox(database: DatabaseUrls) -> AsyncIterator[PostgresOutbox]:
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test"))
    yield PostgresOutbox(worker)
    await worker.close()


@pytest.fixture(
    params=["fake_outbox", pytest.param("postgres_outbox", marks=pytest.mark.integration)]
)
def outbox(request: pytest.FixtureRequest) -> Outbox:
    found: Outbox = request.getfixturevalue(request.param)
    return found


def message(aggregate: str = "rsv_1", tenant: TenantId = TENANT) -> Message:
    return Message(
        event_id=EventId(f"evt_{new_ulid(CLOCK)}"),
        tenant_id=tenant,
        topic="melmastoon.bff.backoffice.activity",
        ordering_key=f"{tenant}:{aggregate}",
        event=b'{"envelope": {}, "payload": {}}',
    )


async def appended(outbox: Outbox, *aggregates: str) -> list[EventId]:
    messages = [message(aggregate) for aggregate in aggregates]
    for owed in messages:
        await outbox.append(owed)
    return [owed.event_id for owed in messages]


async def claimed_ids(outbox: Outbox, owner: object = ONE, *, limit: int = 100) -> list[EventId]:
    owed = await outbox.claim(owner, limit=limit, lease_seconds=30)  # type: ignore[arg-type]  # always a UUID
    return [message.event_id for message in owed]


async def test_messages_come_out_in_the_order_they_went_in(outbox: Outbox) -> None:
    ids = await appended(outbox, "a", "b", "a", "c", "a")

    assert await claimed_ids(outbox) == ids


async def test_the_same_event_again_changes_nothing(outbox: Outbox) -> None:
    owed = message()

    first, second = await outbox.append(owed), await outbox.append(owed)

    assert (first, second) == (True, False)
    assert await claimed_ids(outbox) == [owed.event_id]


async def test_what_one_relay_holds_no_other_gets_nor_anything_behind_it(
    outbox: Outbox,
) -> None:
    first, _, other = await appended(outbox, "a", "a", "b")

    held = await claimed_ids(outbox, ONE, limit=1)
    rest = await claimed_ids(outbox, TWO)

    assert held == [first]
    assert rest == [other]


async def test_two_relays_at_once_never_share_an_aggregate(outbox: Outbox) -> None:
    await appended(outbox, *("abcdefgh" * 8))

    one, two = await asyncio.gather(
        outbox.claim(ONE, limit=20, lease_seconds=30),
        outbox.claim(TWO, limit=20, lease_seconds=30),
    )

    keys_of_one = {owed.ordering_key for owed in one}
    keys_of_two = {owed.ordering_key for owed in two}
    assert keys_of_one.isdisjoint(keys_of_two)
    assert keys_of_one | keys_of_two


async def test_a_lease_that_is_over_is_nobodys(outbox: Outbox) -> None:
    ids = await appended(outbox, "a")
    await outbox.claim(ONE, limit=10, lease_seconds=0)

    assert await claimed_ids(outbox, TWO) == ids


async def test_what_is_published_does_not_come_again(outbox: Outbox) -> None:
    first, second = await appended(outbox, "a", "a")
    await claimed_ids(outbox, limit=1)

    await outbox.mark_published([first])

    assert await claimed_ids(outbox) == [second]


async def test_what_was_not_published_holds_back_its_aggregate_until_its_time(
    outbox: Outbox,
) -> None:
    first, _, other = await appended(outbox, "a", "a", "b")
    ids = await claimed_ids(outbox)

    await outbox.give_back(ONE, [first], "broker_unavailable", after_seconds=60)
    await outbox.give_back(ONE, ids[1:], "held_back", after_seconds=0)

    assert await claimed_ids(outbox, TWO) == [other]


async def test_only_a_refusal_of_the_message_itself_counts_against_it(outbox: Outbox) -> None:
    (only,) = await appended(outbox, "a")
    failures: tuple[PublishFailure, ...] = ("broker_unavailable", "refused", "refused")
    for failure in failures:
        await claimed_ids(outbox)
        await outbox.give_back(ONE, [only], failure, after_seconds=0)

    (owed,) = await outbox.claim(ONE, limit=1, lease_seconds=30)

    assert owed.attempts == 2


async def test_a_parked_message_keeps_its_aggregate_and_frees_the_others(
    outbox: Outbox,
) -> None:
    first, _, other = await appended(outbox, "a", "a", "b")
    ids = await claimed_ids(outbox)

    await outbox.park(ONE, first, "refused")
    await outbox.give_back(ONE, ids[1:], "held_back", after_seconds=0)

    backlog = await outbox.backlog()
    assert await claimed_ids(outbox, TWO) == [other]
    assert (backlog.waiting, backlog.parked) == (2, 1)


async def test_a_relay_that_lost_its_lease_gives_nothing_back(outbox: Outbox) -> None:
    (only,) = await appended(outbox, "a")
    await outbox.claim(ONE, limit=1, lease_seconds=0)
    await claimed_ids(outbox, TWO)

    await outbox.give_back(ONE, [only], "broker_unavailable", after_seconds=0)

    assert await claimed_ids(outbox, ONE) == []


async def test_equal_aggregates_of_two_tenants_do_not_wait_for_each_other(
    outbox: Outbox,
) -> None:
    ours, theirs = message("a"), message("a", OTHER_TENANT)
    await outbox.append(ours)
    await outbox.append(theirs)

    await claimed_ids(outbox, ONE, limit=1)

    assert await claimed_ids(outbox, TWO) == [theirs.event_id]


async def test_what_is_young_or_unpublished_is_not_removed(outbox: Outbox) -> None:
    first, second = await appended(outbox, "a", "a")
    await claimed_ids(outbox)
    await outbox.mark_published([first])

    removed = await outbox.remove_published(100)

    assert removed == 0
    await outbox.give_back(ONE, [second], "held_back", after_seconds=0)
    assert await claimed_ids(outbox) == [second]


async def test_an_empty_outbox_owes_nothing(outbox: Outbox) -> None:
    backlog = await outbox.backlog()

    assert await claimed_ids(outbox) == []
    assert (backlog.waiting, backlog.parked, backlog.oldest_seconds) == (0, 0, 0.0)
