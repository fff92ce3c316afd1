"""From commit to broker: at least once, in order, through crashes, races and outages."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
import redis
from tests.database_urls import DatabaseUrls
from tests.event_schemas import assert_valid
from tests.fakes.manual_clock import START
from tests.fakes.message_broker import FakeMessageBroker
from tests.fakes.mutation_path import TENANT, check_in_request, mutation_path
from tests.fakes.reservation_mutations import FakeReservationMutations

from bff_backoffice.application.messaging.events import EventActor, EventWriter
from bff_backoffice.application.messaging.relay_outbox import REFUSALS_MAX, RelayOutbox
from bff_backoffice.application.messaging.session_events import SessionClosed
from bff_backoffice.application.ports.message_broker import PublishableMessage
from bff_backoffice.domain.message import (
    ACTIVITY_TOPIC,
    SESSION_CLOSED,
    SESSION_TOPIC,
    Message,
)
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.message_broker.valkey_streams import (
    EVENT_BYTES_MAX,
    StreamPolicy,
    ValkeyStreams,
)
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims
from bff_backoffice.infrastructure.postgres.outbox import PostgresOutbox
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection

pytestmark = pytest.mark.integration
CLOCK = SystemClock()
_ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H4K"


@dataclass(slots=True)
class World:
    """A real outbox and a real broker."""

    urls: DatabaseUrls
    worker: Database
    outbox: PostgresOutbox
    broker: ValkeyStreams
    client: redis.Redis

    def relay(self, broker: object = None) -> RelayOutbox:
        return RelayOutbox(self.outbox, broker or self.broker, CLOCK, uuid4())  # type: ignore[arg-type]  # a broker, real or fake

    def arrived(self, topic: str = SESSION_TOPIC) -> list[dict[str, Any]]:  # allow-any: JSON
        entries: Any = self.client.xrange(topic)  # allow-any: the client's own union of replies
        return [msgspec.json.decode(fields[b"event"]) for _, fields in entries]

    async def owed(self) -> int:
        return (await self.outbox.backlog()).waiting


@pytest.fixture
async def world(database: DatabaseUrls, broker_url: str) -> AsyncIterator[World]:
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test"))
    connection = SharedRedisConnection(SecretText(broker_url), name="broker")
    with redis.Redis.from_url(broker_url) as client:
        yield World(
            urls=database,
            worker=worker,
            outbox=PostgresOutbox(worker),
            broker=ValkeyStreams(connection, CLOCK, StreamPolicy()),
            client=client,
        )
    await connection.close()
    await worker.close()


def message(aggregate: str, number: int = 0, *, padding: str = "") -> Message:
    actor = EventActor(
        tenant_id=TENANT,
        operator_id=f"opr_{_ULID}",
        device_id=f"dev_{_ULID}",
        session_id=f"bos_{_ULID}",
        property_id=None,
        request_id=f"req_{_ULID}",
        traceparent=None,
        app_version=None,
        app_platform=None,
    )
    payload = SessionClosed(session_id=f"{aggregate}-{number}", iam_session_id=padding)
    return EventWriter("test", CLOCK).write(
        SESSION_CLOSED, actor, payload, aggregate_id=aggregate, occurred_at=START
    )


def numbers_of(arrived: list[dict[str, Any]], aggregate: str) -> list[int]:  # allow-any: JSON
    """Return the aggregate's numbers in the order in which each was first seen."""
    seen = [str(event["payload"]["sessionId"]) for event in arrived]
    own = [int(name.partition("-")[2]) for name in seen if name.startswith(aggregate + "-")]
    return list(dict.fromkeys(own))


async def test_a_check_in_arrives_as_a_valid_event_and_is_marked_published(
    world: World,
) -> None:
    api = Database(SecretText(world.urls.api), PoolPolicy(application_name="test-api"))
    path = mutation_path(
        claims=PostgresMutationClaims(api),
        reservations=FakeReservationMutations(),
        clock=CLOCK,
    )

    await path.check_in.run(check_in_request())
    report = await world.relay().run_once()

    entries: Any = world.client.xrange(ACTIVITY_TOPIC)  # allow-any: the client's own union
    ((_, fields),) = entries
    event = assert_valid(fields[b"event"])
    assert report.published == 1
    assert event["payload"]["outcome"] == "succeeded"
    assert event["envelope"]["publishedAt"] is not None
    assert await world.owed() == 0
    await api.close()


async def test_order_holds_while_many_commit_and_two_relays_publish(world: World) -> None:
    aggregates, each = ("a", "b", "c"), 20
    is_done = asyncio.Event()

    async def write(aggregate: str) -> None:
        for number in range(each):
            await world.outbox.append(message(aggregate, number))

    async def publish(relay: RelayOutbox) -> None:
        while not is_done.is_set() or await world.owed():
            await relay.run_once()

    relays = [asyncio.create_task(publish(world.relay())) for _ in range(2)]
    await asyncio.gather(*(write(aggregate) for aggregate in aggregates))
    is_done.set()
    await asyncio.gather(*relays)

    arrived = world.arrived()
    assert len(arrived) == len(aggregates) * each
    for aggregate in aggregates:
        assert numbers_of(arrived, aggregate) == list(range(each))


async def test_a_commit_that_comes_late_is_not_skipped(world: World) -> None:
    slow = await asyncpg.connect(world.urls.worker)
    late, quick, other = message("a", 0), message("a", 1), message("b", 0)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(
        "select bff.append_message($1, $2, $3, $4, $5)",
        late.tenant_id, late.event_id, late.topic, late.ordering_key, late.event.decode(),
    )  # fmt: skip

    waiting = asyncio.create_task(world.outbox.append(quick))
    await world.outbox.append(other)
    await world.relay().run_once()
    before = world.arrived()
    await transaction.commit()
    await waiting
    await world.relay().run_once()
    await slow.close()

    assert [event["payload"]["sessionId"] for event in before] == ["b-0"]
    assert numbers_of(world.arrived(), "a") == [0, 1]


async def test_a_relay_killed_after_publishing_repeats_and_loses_nothing(world: World) -> None:
    for number in range(3):
        await world.outbox.append(message("a", number))
    owed = await world.outbox.claim(uuid4(), limit=10, lease_seconds=0)
    await world.outbox.append(message("a", 3))

    # The dead relay's messages went out, and it never got to say so.
    await world.broker.publish(
        [
            PublishableMessage(
                event_id=lost.event_id,
                topic=lost.topic,
                ordering_key=lost.ordering_key,
                event=lost.event,
            )
            for lost in owed
        ]
    )
    await world.relay().run_once()

    assert numbers_of(world.arrived(), "a") == [0, 1, 2, 3]
    assert await world.owed() == 0


async def test_while_the_broker_is_away_events_wait_and_then_go_out_in_order(
    world: World,
) -> None:
    nowhere = SharedRedisConnection(SecretText("redis://127.0.0.1:1/0"), name="broker")
    away = ValkeyStreams(nowhere, CLOCK, StreamPolicy())
    for number in range(3):
        await world.outbox.append(message("a", number))

    report = await world.relay(away).run_once()
    await _make_everything_due(world)
    await world.relay().run_once()
    await nowhere.close()

    assert (report.claimed, report.published, report.is_stuck) == (3, 0, True)
    assert numbers_of(world.arrived(), "a") == [0, 1, 2]
    assert await world.owed() == 0


async def test_what_is_not_on_the_brokers_disk_is_not_marked_published(world: World) -> None:
    await world.outbox.append(message("a", 0))

    report = await world.relay(FakeMessageBroker(next_failures=["not_durable"])).run_once()

    assert report.published == 0
    assert await world.owed() == 1


async def test_a_message_the_broker_never_takes_is_parked_and_only_its_aggregate_waits(
    world: World,
) -> None:
    await world.outbox.append(message("a", 0, padding="x" * EVENT_BYTES_MAX))
    await world.outbox.append(message("a", 1))
    await world.outbox.append(message("b", 0))

    for _ in range(REFUSALS_MAX):
        await world.relay().run_once()
        await _make_everything_due(world)

    backlog = await world.outbox.backlog()
    assert (backlog.waiting, backlog.parked) == (1, 1)
    assert numbers_of(world.arrived(), "b") == [0]
    assert numbers_of(world.arrived(), "a") == []


async def test_published_messages_go_after_three_days(world: World) -> None:
    await world.outbox.append(message("a", 0))
    await world.relay().run_once()
    superuser = await asyncpg.connect(world.urls.superuser)
    await superuser.execute("update bff.outbox set published_at = now() - interval '73 hours'")
    await superuser.close()

    assert await world.outbox.remove_published(10) == 1


async def _make_everything_due(world: World) -> None:
    await world.worker.execute("update bff.outbox set next_attempt_at = now()")
