"""Owed session events reach the outbox once, through a crash at any point."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import msgspec
import pytest
import redis
from tests.database_urls import DatabaseUrls
from tests.event_schemas import assert_valid
from tests.fakes.failing import NthCall
from tests.fakes.manual_clock import START

from bff_backoffice.application.messaging.events import EventWriter, stamped
from bff_backoffice.application.messaging.session_events import MoveSessionEvents
from bff_backoffice.application.ports.owed_session_events import OwedSessionEventsUnavailable
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.outbox import PostgresOutbox
from bff_backoffice.infrastructure.redis.access_store import OWED_EVENTS_KEY
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.redis.owed_session_events import (
    UNREADABLE_KEY,
    RedisOwedSessionEvents,
)

pytestmark = pytest.mark.integration
_ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H"


@dataclass(slots=True)
class World:
    """A real session tier and a real outbox."""

    client: redis.Redis
    owed: RedisOwedSessionEvents
    outbox: PostgresOutbox
    superuser: asyncpg.Connection

    def mover(self, owed: object = None, outbox: object = None) -> MoveSessionEvents:
        return MoveSessionEvents(
            owed or self.owed,  # type: ignore[arg-type]  # the port, watched or not
            outbox or self.outbox,  # type: ignore[arg-type]  # the port, watched or not
            EventWriter("test-worker", SystemClock()),
        )

    async def subjects(self) -> list[str]:
        rows = await self.superuser.fetch(
            "select event -> 'envelope' ->> 'subject' as subject from bff.outbox order by sequence"
        )
        return [row["subject"].removeprefix("melmastoon.bff.backoffice.") for row in rows]

    async def events(self) -> list[bytes]:
        rows = await self.superuser.fetch("select event from bff.outbox order by sequence")
        return [row["event"].encode() for row in rows]


@pytest.fixture
async def world(database: DatabaseUrls, redis_session_url: str) -> AsyncIterator[World]:
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test"))
    connection = SharedRedisConnection(SecretText(redis_session_url), name="session")
    superuser = await asyncpg.connect(database.superuser)
    with redis.Redis.from_url(redis_session_url) as client:
        yield World(client, RedisOwedSessionEvents(connection), PostgresOutbox(worker), superuser)
    await superuser.close()
    await connection.close()
    await worker.close()


def entry(kind: str = "opened", session: str = "4K", **changed: object) -> bytes:
    fields: dict[str, object] = {
        "kind": kind,
        "sessionId": f"bos_{_ULID}{session}",
        "tenantId": f"tnt_{_ULID}4K",
        "operatorId": f"opr_{_ULID}4K",
        "deviceId": f"dev_{_ULID}4K",
        "iamSessionId": f"ses_{_ULID}4K",
        "roles": ["front_desk"],
        "propertyIds": [f"prop_{_ULID}4K"],
        "at": "2026-03-14T09:26:53.000Z",
        "appVersion": "1.4.2",
        "appPlatform": "win32",
        "locale": "fa-AF",
        "requestId": f"req_{_ULID}4K",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    return msgspec.json.encode(fields | changed)


async def test_what_is_owed_moves_in_order_and_validates(world: World) -> None:
    world.client.rpush(OWED_EVENTS_KEY, entry("opened"), entry("closed"))

    report = await world.mover().run_once()

    assert report.moved == 2
    assert await world.subjects() == ["session.opened.v1", "session.closed.v1"]
    for event in await world.events():
        assert_valid(stamped(event, START))
    assert await world.owed.length() == 0


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails_at", range(1, 6))
async def test_a_crash_at_any_call_loses_nothing_and_repeats_nothing(
    world: World, fails_at: int, moment: str
) -> None:
    entries = [entry("opened"), entry("closed"), entry("opened", "4M")]
    world.client.rpush(OWED_EVENTS_KEY, *entries)
    nth = NthCall(fails_at, moment)  # type: ignore[arg-type]  # one of the two moments
    dying = world.mover(
        nth.watch(world.owed, OwedSessionEventsUnavailable),
        nth.watch(world.outbox, _Killed),
    )

    with contextlib.suppress(_Killed, OwedSessionEventsUnavailable):
        await dying.run_once()
    # That process is gone; another one goes on.
    await world.mover().run_once()

    assert sorted(await world.subjects()) == sorted(
        ["session.opened.v1", "session.closed.v1", "session.opened.v1"]
    )
    assert (await world.subjects()).index("session.opened.v1") == 0
    assert await world.owed.length() == 0


class _Killed(Exception):  # noqa: N818 - stands for kill -9
    pass


async def test_what_postgres_does_not_take_stays_with_all_of_its_session_behind_it(
    world: World,
) -> None:
    world.client.rpush(OWED_EVENTS_KEY, entry("opened"), entry("closed"), entry("opened", "4M"))
    nth = NthCall(1, "before")

    report = await world.mover(
        outbox=nth.watch(world.outbox, lambda: StoreUnavailable("test"))
    ).run_once()
    between = await world.subjects()
    await world.mover().run_once()

    assert (report.moved, report.held_back) == (1, 2)
    assert between == ["session.opened.v1"]
    assert len(await world.subjects()) == 3


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"[1]",
        entry(kind="vanished"),
        entry(sessionId="bos_1"),
        entry(operatorId="Ahmad Wali Karimi"),
        entry(tenantId=None),
        entry(at="yesterday"),
        b"[" * 100_000,
    ],
)
async def test_what_cannot_be_read_is_set_aside_and_the_rest_moves(
    world: World, garbage: bytes
) -> None:
    world.client.rpush(OWED_EVENTS_KEY, garbage, entry())

    report = await world.mover().run_once()

    assert (report.set_aside, report.moved) == (1, 1)
    assert world.client.lrange(UNREADABLE_KEY, 0, -1) == [garbage]


async def test_a_name_in_a_header_does_not_get_into_an_event(world: World) -> None:
    world.client.rpush(
        OWED_EVENTS_KEY,
        entry(
            appVersion="Ahmad Wali",
            appPlatform="Ahmad Wali",
            locale="Ahmad Wali",
            roles=["Ahmad Wali", "owner"],
            propertyIds=["Ahmad Wali"],
            traceparent="Ahmad Wali",
        ),
    )

    await world.mover().run_once()

    (event,) = await world.events()
    assert b"Ahmad" not in event
    document = assert_valid(stamped(event, START))
    assert document["payload"]["roles"] == ["owner"]


async def test_an_entry_without_roles_and_properties_is_good_enough(world: World) -> None:
    bare = msgspec.json.decode(entry(), type=dict[str, object])
    for optional in ("roles", "propertyIds", "locale", "appVersion", "traceparent"):
        del bare[optional]
    world.client.rpush(OWED_EVENTS_KEY, msgspec.json.encode(bare))

    report = await world.mover().run_once()

    assert report.moved == 1
    assert_valid(stamped((await world.events())[0], START))
