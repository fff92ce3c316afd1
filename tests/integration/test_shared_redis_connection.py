"""One connection for everybody: nobody ever gets another one's reply, and every wait ends."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bff_backoffice.application.ports.redis_commands import RedisRefusal, RedisUnavailable
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.connection import (
    WAITING_CALLS_MAX,
    Conversation,
    SharedRedisConnection,
)
from sandbox.stores import RunningStores

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SESSION = "valkey-session"


@pytest.fixture
async def connection(redis_session_url: str) -> AsyncIterator[SharedRedisConnection]:
    made = SharedRedisConnection(SecretText(redis_session_url), name="test", reply_seconds_max=5)
    yield made
    await made.close()


@asynccontextmanager
async def server_that(handle: Handler) -> AsyncGenerator[str]:
    """Run a server of the test's own; yields its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(guarded(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def commands(reader: asyncio.StreamReader) -> AsyncIterator[list[bytes]]:
    """Read commands as the protocol writes them."""
    while True:
        count = int((await reader.readuntil(b"\r\n"))[1:])
        command: list[bytes] = []
        for _ in range(count):
            length = int((await reader.readuntil(b"\r\n"))[1:])
            command.append((await reader.readexactly(length + 2))[:-2])
        yield command


async def gets_its_own(connection: SharedRedisConnection, number: int) -> bool:
    """Ask for something that only this caller asks for; tell whether it came back."""
    own = b"%d-" % number + b"x" * (number % 199)
    if number % 7 == 0:
        replies = await connection.pipeline([("ECHO", own), ("ECHO", own + b"!")])
        return replies == [own, own + b"!"]
    if number % 11 == 0:
        with pytest.raises(RedisRefusal) as refusal:
            await connection.execute(f"NO-SUCH-COMMAND-{number}-")
        return f"COMMAND-{number}-" in str(refusal.value)
    return await connection.execute("ECHO", own) == own


async def test_under_random_cancellations_every_reply_finds_its_own_caller(
    connection: SharedRedisConnection,
) -> None:
    chance = random.Random(20260314)  # noqa: S311 - not for secrets
    loop = asyncio.get_running_loop()
    results: list[object] = []
    for start in range(0, 20_000, 80):
        callers = [asyncio.create_task(gets_its_own(connection, start + n)) for n in range(80)]
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        for caller in chance.sample(callers, 20):
            loop.call_later(chance.choice((0, 0.0002, 0.001)), caller.cancel)
        results += await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), 5)

    cancelled = [result for result in results if isinstance(result, asyncio.CancelledError)]
    assert len(cancelled) > 500
    assert results.count(True) + len(cancelled) == 20_000


async def test_a_caller_cancelled_at_each_step_leaves_the_line_whole(
    connection: SharedRedisConnection,
) -> None:
    """Cancel after 0, 1, 2, … turns of the loop: while queued, sent, answered, done."""
    for turns in range(40):
        leaving = asyncio.create_task(_execute(connection, "ECHO", b"theirs"))
        for _ in range(turns):
            await asyncio.sleep(0)
        leaving.cancel()
        own = b"own-%d" % turns
        assert await asyncio.wait_for(_execute(connection, "ECHO", own), 2) == own
        await asyncio.gather(leaving, return_exceptions=True)


async def test_an_error_reply_reaches_its_caller_and_no_other(
    connection: SharedRedisConnection,
) -> None:
    await connection.execute("SET", "text", "x")
    replies = await asyncio.gather(
        _execute(connection, "ECHO", b"1"),
        _execute(connection, "LPUSH", "text", "y"),
        _execute(connection, "ECHO", b"2"),
        return_exceptions=True,
    )

    assert replies[0] == b"1"
    assert replies[2] == b"2"
    assert isinstance(replies[1], RedisRefusal)
    assert replies[1].code == "WRONGTYPE"


async def test_a_refused_command_does_not_stop_the_rest_of_its_pipeline(
    connection: SharedRedisConnection,
) -> None:
    first, second, third = await connection.pipeline(
        [("SET", "text", "x"), ("LPUSH", "text", "y"), ("GET", "text")]
    )

    assert first == b"OK"
    assert isinstance(second, RedisRefusal)
    assert third == b"x"
    assert await connection.pipeline([]) == []


async def test_a_value_of_any_bytes_comes_back_as_it_was(
    connection: SharedRedisConnection,
) -> None:
    for octets in (b"", b"\r\n", b"$5\r\nhello\r\n", b"-ERR x\r\n", bytes(range(256)) * 400):
        assert await connection.execute("ECHO", octets) == octets
    assert await connection.execute("GET", "nothing") is None
    assert await connection.ping()


async def test_a_killed_server_costs_what_was_under_way_and_heals_by_itself(
    running_servers: RunningStores, redis_session_url: str
) -> None:
    connection = SharedRedisConnection(SecretText(redis_session_url), name="test")
    assert await connection.execute("ECHO", b"before") == b"before"
    await asyncio.to_thread(running_servers.kill, SESSION)
    try:
        down = await asyncio.gather(
            *(_execute(connection, "ECHO", b"x") for _ in range(50)), return_exceptions=True
        )
        assert all(isinstance(result, RedisUnavailable) for result in down)
        assert not await connection.ping()
    finally:
        await asyncio.to_thread(running_servers.start, SESSION)

    assert await connection.execute("ECHO", b"after") == b"after"
    await connection.close()


async def test_a_server_that_hangs_costs_each_caller_a_bounded_wait_however_many_wait() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async with server_that(hang) as url:
        connection = SharedRedisConnection(SecretText(url), name="test", reply_seconds_max=0.1)
        calls = [asyncio.create_task(_execute(connection, "ECHO", b"x")) for _ in range(5000)]
        done, pending = await asyncio.wait(calls, timeout=3)
        await connection.close()

        assert not pending
        assert all(isinstance(call.exception(), RedisUnavailable) for call in done)


async def test_a_slow_reply_is_never_paired_with_the_next_caller() -> None:
    """The first reply comes after its caller's time: the line is dropped, not reused."""
    connections = 0

    async def answer_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        async for command in commands(reader):
            if command[-1] == b"slow":
                await asyncio.sleep(0.3)
            writer.write(b"$%d\r\n%s\r\n" % (len(command[-1]), command[-1]))

    async with server_that(answer_late) as url:
        connection = SharedRedisConnection(SecretText(url), name="test", reply_seconds_max=0.1)
        with pytest.raises(RedisUnavailable):
            await connection.execute("ECHO", b"slow")
        for number in range(20):
            own = b"own-%d" % number
            assert await connection.execute("ECHO", own) == own
        await connection.close()

    assert connections == 2


async def test_half_a_batch_of_replies_and_a_broken_line_is_never_mixed_up() -> None:
    """Some callers have their reply, the others hear that there is none."""

    async def answer_some(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        async for command in commands(reader):
            writer.write(b"$%d\r\n%s\r\n" % (len(command[-1]), command[-1]))
            answered += 1
            if answered == 5:
                await writer.drain()
                return

    async with server_that(answer_some) as url:
        connection = SharedRedisConnection(SecretText(url), name="test")
        results = await asyncio.gather(
            *(_execute(connection, "ECHO", b"%d" % n) for n in range(12)), return_exceptions=True
        )
        await connection.close()

    assert results[:5] == [b"%d" % n for n in range(5)]
    assert all(isinstance(result, RedisUnavailable) for result in results[5:])


@pytest.mark.parametrize(
    "nonsense",
    [
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-LOADING x\r\n",
        b"!?\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$-5\r\n",
        b"*1\r\n$3\r\nab",
    ],
)
async def test_a_server_that_talks_nonsense_is_unavailable(nonsense: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for _ in commands(reader):
            writer.write(nonsense)
            await writer.drain()
            return

    async with server_that(babble) as url:
        connection = SharedRedisConnection(SecretText(url), name="test", reply_seconds_max=0.2)
        with pytest.raises(RedisUnavailable):
            await connection.execute("ECHO", b"x")
        await connection.close()


async def test_more_callers_than_may_wait_are_refused_at_once(
    connection: SharedRedisConnection,
) -> None:
    waiting = [connection._enqueue((("ECHO", b"x"),), None) for _ in range(WAITING_CALLS_MAX)]  # pyright: ignore[reportPrivateUsage] - behind the curtain

    with pytest.raises(RedisUnavailable, match="too many"):
        await connection.execute("ECHO", b"y")
    for call in waiting:
        call.cancel()
    await asyncio.sleep(0)
    assert await connection.execute("ECHO", b"z") == b"z"


async def test_a_large_backlog_is_sent_in_batches_and_answered_whole(
    connection: SharedRedisConnection,
) -> None:
    numbers = range(3000)
    replies = await asyncio.gather(*(_execute(connection, "ECHO", b"%d" % n) for n in numbers))

    assert replies == [b"%d" % n for n in numbers]


async def test_closing_refuses_what_waits(redis_session_url: str) -> None:
    connection = SharedRedisConnection(SecretText(redis_session_url), name="test")
    await connection.ping()
    waiting = [asyncio.create_task(_execute(connection, "ECHO", b"x")) for _ in range(10)]
    await asyncio.sleep(0)
    await connection.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert all(isinstance(result, RedisUnavailable) for result in results)
    await SharedRedisConnection(SecretText(redis_session_url), name="unused").close()


async def test_an_argument_that_cannot_be_sent_strands_nobody(
    connection: SharedRedisConnection,
) -> None:
    """A mistake of one caller ends in an error for all of its batch, never in silence."""
    good = [asyncio.create_task(_execute(connection, "ECHO", b"x")) for _ in range(3)]
    bad = asyncio.create_task(_execute(connection, "ECHO", "\ud800"))
    results = await asyncio.wait_for(asyncio.gather(*good, bad, return_exceptions=True), 2)

    assert all(isinstance(result, RedisUnavailable) for result in results)
    assert await connection.execute("ECHO", b"after") == b"after"


async def test_a_guard_that_refuses_the_connection_refuses_whoever_waits_for_it(
    redis_session_url: str,
) -> None:
    is_shut = True

    async def guard(ask: Conversation) -> None:
        assert await ask(("PING",)) == b"PONG"
        if is_shut:
            raise RedisUnavailable("not this server")

    connection = SharedRedisConnection(
        SecretText(redis_session_url),
        name="test",
        on_connect=guard,
    )
    results = await asyncio.gather(
        *(_execute(connection, "ECHO", b"x") for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(result, RedisUnavailable) for result in results)

    is_shut = False
    assert await connection.execute("ECHO", b"x") == b"x"
    await connection.close()


async def _execute(connection: SharedRedisConnection, *arguments: str | bytes) -> object:
    return await connection.execute(*arguments)
