"""What every broker promises: one suite for the fake and for Valkey Streams."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
import redis
from tests.fakes.message_broker import FakeMessageBroker

from bff_backoffice.application.ports.message_broker import MessageBroker, PublishableMessage
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import EventId, new_ulid
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.message_broker.valkey_streams import (
    EVENT_BYTES_MAX,
    StreamPolicy,
    ValkeyStreams,
)
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection

TOPIC, OTHER_TOPIC = "test.topic", "test.other"
ENTRIES_MAX = 5
CLOCK = SystemClock()


class Seen(Protocol):
    """A broker, and what has arrived there."""

    broker: MessageBroker

    def arrived(self, topic: str) -> list[bytes]: ...


@dataclass(slots=True)
class SeenFake:
    broker: FakeMessageBroker

    def arrived(self, topic: str) -> list[bytes]:
        return [message.event for message in self.broker.taken if message.topic == topic]


@dataclass(slots=True)
class SeenValkey:
    broker: ValkeyStreams
    client: redis.Redis

    def arrived(self, topic: str) -> list[bytes]:
        entries: Any = self.client.xrange(topic)  # allow-any: the client's own union of replies
        return [fields[b"event"] for _, fields in entries]


@pytest.fixture
def fake_broker() -> SeenFake:
    return SeenFake(FakeMessageBroker(entries_max=ENTRIES_MAX))


@pytest.fixture
async def valkey_broker(broker_url: str) -> AsyncIterator[SeenValkey]:
    connection = SharedRedisConnection(SecretText(broker_url), name="broker")
    policy = StreamPolicy(entries_max=ENTRIES_MAX)
    with redis.Redis.from_url(broker_url) as client:
        yield SeenValkey(ValkeyStreams(connection, CLOCK, policy), client)
    await connection.close()


@pytest.fixture(
    params=["fake_broker", pytest.param("valkey_broker", marks=pytest.mark.integration)]
)
def seen(request: pytest.FixtureRequest) -> Seen:
    found: Seen = request.getfixturevalue(request.param)
    return found


def message(event: bytes, *, topic: str = TOPIC, key: str = "tnt_1:a") -> PublishableMessage:
    return PublishableMessage(
        event_id=EventId(f"evt_{new_ulid(CLOCK)}"), topic=topic, ordering_key=key, event=event
    )


async def test_messages_arrive_in_order_and_are_reported(seen: Seen) -> None:
    messages = [message(b"1"), message(b"2", topic=OTHER_TOPIC), message(b"3")]

    report = await seen.broker.publish(messages)

    assert seen.arrived(TOPIC) == [b"1", b"3"]
    assert seen.arrived(OTHER_TOPIC) == [b"2"]
    assert set(report.published) == {sent.event_id for sent in messages}
    assert report.failed == {}


async def test_a_full_stream_takes_what_fits_and_loses_nothing_that_was_there(
    seen: Seen,
) -> None:
    messages = [message(str(number).encode()) for number in range(ENTRIES_MAX + 2)]

    report = await seen.broker.publish(messages)
    later = await seen.broker.publish([message(b"more")])

    assert seen.arrived(TOPIC) == [b"0", b"1", b"2", b"3", b"4"]
    assert report.published == [sent.event_id for sent in messages[:ENTRIES_MAX]]
    assert set(report.failed.values()) == set(later.failed.values()) == {"stream_full"}


async def test_an_oversized_message_is_refused_and_holds_back_only_its_own_aggregate(
    seen: Seen,
) -> None:
    big = message(b"x" * (EVENT_BYTES_MAX + 1), key="tnt_1:a")
    behind = message(b"behind", key="tnt_1:a")
    other = message(b"other", key="tnt_1:b")

    report = await seen.broker.publish([big, behind, other])

    assert report.failed == {big.event_id: "refused"}
    assert report.published == [other.event_id]
    assert seen.arrived(TOPIC) == [b"other"]


async def test_nothing_to_publish_is_no_trouble(seen: Seen) -> None:
    report = await seen.broker.publish([])

    assert (report.published, report.failed) == ([], {})


@pytest.mark.integration
async def test_what_the_disk_has_not_got_is_not_reported_published(
    valkey_broker: SeenValkey, broker_url: str
) -> None:
    with redis.Redis.from_url(broker_url) as admin:
        admin.config_set("appendonly", "no")
        try:
            sent = message(b"1")
            report = await valkey_broker.broker.publish([sent])
        finally:
            admin.config_set("appendonly", "yes")

    assert report.published == []
    assert report.failed == {sent.event_id: "not_durable"}


@pytest.mark.integration
async def test_a_broker_without_memory_loses_nothing_and_blames_no_event(
    valkey_broker: SeenValkey, broker_url: str
) -> None:
    with redis.Redis.from_url(broker_url) as admin:
        admin.config_set("maxmemory", "1")
        try:
            sent = message(b"1")
            report = await valkey_broker.broker.publish([sent])
        finally:
            admin.config_set("maxmemory", "0")
    later = await valkey_broker.broker.publish([sent])

    assert report.failed == {sent.event_id: "broker_unavailable"}
    assert later.published == [sent.event_id]
    assert valkey_broker.arrived(TOPIC) == [b"1"]


@pytest.mark.integration
async def test_entries_older_than_a_week_make_room(
    valkey_broker: SeenValkey, broker_url: str
) -> None:
    week_ago = int((CLOCK.epoch_seconds() - 8 * 86_400) * 1000)
    with redis.Redis.from_url(broker_url) as admin:
        # Trimming goes by whole nodes of the stream: a hundred entries make one.
        for number in range(300):
            admin.xadd(TOPIC, {"event": "old"}, id=f"{week_ago + number}-0")

    report = await valkey_broker.broker.publish([message(b"new")])

    assert len(report.published) == 1
    assert valkey_broker.arrived(TOPIC)[-1] == b"new"
    assert len(valkey_broker.arrived(TOPIC)) < 300
