"""One connection to a Redis or Valkey server, shared by all requests of the process.

Commands of concurrent requests leave together and their replies come back in order, so a
thousand requests cost a handful of writes and reads. Replies can never be paired with the
wrong caller: one task owns the socket, a batch is read to its end or the connection is
dropped, and a caller that gives up leaves only its own place empty.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

from redis.asyncio.connection import (
    Connection,
    SSLConnection,
    parse_url,  # pyright: ignore[reportUnknownVariableType] - untyped in the library
)
from redis.exceptions import RedisError, ResponseError

from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisRefused,
    RedisUnavailable,
)
from bff_backoffice.foundation.secret_text import SecretText

BATCH_COMMANDS_MAX: Final = 512
WAITING_COMMANDS_MAX: Final = 20_000
CONNECT_SECONDS_MAX: Final = 1.0
BATCH_SECONDS_MAX: Final = 0.5

OnConnect = Callable[["ServerConversation"], Awaitable[None]]


class ServerConversation(Protocol):
    """What may be asked of the server on a new connection, before any request uses it."""

    async def ask(self, *command: RedisArgument) -> object:
        """Send one command and return its reply."""
        ...


@dataclass(slots=True)
class _Waiting:
    command: tuple[RedisArgument, ...]
    reply: asyncio.Future[object]


class SharedRedisConnection:
    """Implements RedisCommands. `close` when the process ends."""

    def __init__(
        self, url: SecretText, *, name: str, batch_seconds: float = BATCH_SECONDS_MAX
    ) -> None:
        self.name = name
        self.on_connect: OnConnect | None = None
        self._url = url
        self._batch_seconds = batch_seconds
        self._waiting: deque[_Waiting] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def execute(self, *command: RedisArgument) -> object:
        """Send one command; see RedisCommands."""
        reply = self._enqueue(command)
        return await reply

    async def pipeline(self, commands: Sequence[Sequence[RedisArgument]]) -> list[object]:
        """Send several commands in order, in one batch where it has room; see RedisCommands."""
        replies = [self._enqueue(tuple(command)) for command in commands]
        results = await asyncio.gather(*replies, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return list(results)

    async def ping(self) -> bool:
        """Tell whether the server answers."""
        try:
            return await self.execute("PING") == b"PONG"
        except RedisUnavailable:
            return False

    async def close(self) -> None:
        """Stop sending, refuse what still waits, hang up."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        self._refuse_waiting()
        await self._hang_up()

    def _enqueue(self, command: tuple[RedisArgument, ...]) -> asyncio.Future[object]:
        if len(self._waiting) >= WAITING_COMMANDS_MAX:
            raise RedisUnavailable(self.name, "queue_full")
        reply: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(command, reply))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all(), name=f"redis-{self.name}")
        return reply

    async def _send_all(self) -> None:
        """Send batch after batch until nobody waits; one of these runs at a time."""
        while self._waiting:
            size = min(BATCH_COMMANDS_MAX, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            batch = [waiting for waiting in batch if not waiting.reply.done()]
            try:
                await self._exchange(batch)
            except (RedisError, OSError, TimeoutError) as error:
                await self._hang_up()
                reason = "timeout" if isinstance(error, TimeoutError) else "disconnected"
                _refuse(batch, RedisUnavailable(self.name, reason))
            except RedisUnavailable as error:
                await self._hang_up()
                _refuse(batch, error)
            except BaseException:
                await self._hang_up()
                _refuse(batch, RedisUnavailable(self.name, "closed"))
                raise

    async def _exchange(self, batch: list[_Waiting]) -> None:
        connection = await self._connected()
        async with asyncio.timeout(self._batch_seconds):
            packed: list[bytes] = connection.pack_commands([w.command for w in batch])
            await connection.send_packed_command(packed, check_health=False)
            for waiting in batch:
                reply = await _read_reply(connection)
                if waiting.reply.done():
                    continue  # The caller has given up; its reply is read and dropped.
                if isinstance(reply, ResponseError):
                    waiting.reply.set_exception(RedisRefused(str(reply)))
                else:
                    waiting.reply.set_result(reply)

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.is_connected:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                self._connection = await open_connection(self._url)
                if self.on_connect is not None:
                    await self.on_connect(_Conversation(self._connection))
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _refuse_waiting(self) -> None:
        _refuse(list(self._waiting), RedisUnavailable(self.name, "closed"))
        self._waiting.clear()


class DedicatedRedisConnection:
    """A connection for commands that wait in the server (`XREAD BLOCK`, `WAITAOF`)."""

    def __init__(self, url: SecretText, *, name: str) -> None:
        self.name = name
        self._url = url
        self._connection: Connection | None = None

    async def execute_within(self, seconds: float, *command: RedisArgument) -> object:
        """Send one command and wait that long for its reply.

        Raises RedisUnavailable or RedisRefused; after the former the next call reconnects.
        Not for concurrent use.
        """
        try:
            async with asyncio.timeout(seconds):
                if self._connection is None:
                    self._connection = await open_connection(self._url)
                reply = await _Conversation(self._connection).ask(*command)
        except ResponseError as error:
            raise RedisRefused(str(error)) from error
        except (RedisError, OSError, TimeoutError) as error:
            await self.close()
            reason = "timeout" if isinstance(error, TimeoutError) else "disconnected"
            raise RedisUnavailable(self.name, reason) from error
        except BaseException:
            await self.close()
            raise
        return reply

    async def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


async def open_connection(url: SecretText) -> Connection:
    """Connect and authenticate. Raises RedisError, OSError or TimeoutError."""
    options = dict(cast("dict[str, object]", parse_url(url.reveal())))
    kind = options.pop("connection_class", Connection)
    connection_class = SSLConnection if kind is SSLConnection else Connection
    connection = connection_class(
        **options,  # pyright: ignore[reportArgumentType] - the library's own option names
        protocol=2,
        driver_info=None,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS_MAX,
    )
    await connection.connect()
    return connection


class _Conversation:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, *command: RedisArgument) -> object:
        await self._connection.send_command(*command, check_health=False)
        reply = await _read_reply(self._connection)
        if isinstance(reply, ResponseError):
            raise reply
        return reply


async def _read_reply(connection: Connection) -> object:
    """Return the next reply; an error reply is returned, not raised: it belongs to one caller."""
    try:
        return await connection.read_response(disable_decoding=True, timeout=math.inf)
    except ResponseError as error:
        return error


def _refuse(batch: list[_Waiting], error: RedisUnavailable) -> None:
    for waiting in batch:
        if not waiting.reply.done():
            waiting.reply.set_exception(error)
