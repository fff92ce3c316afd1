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
from typing import Any, Final, cast

from hiredis import (
    pack_command,  # pyright: ignore[reportUnknownVariableType] - half typed in the library
)
from redis.asyncio.connection import (
    Connection,
    SSLConnection,
    parse_url,  # pyright: ignore[reportUnknownVariableType] - untyped in the library
)
from redis.exceptions import ReadOnlyError, RedisError, ResponseError

from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommand,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.foundation.secret_text import SecretText

BATCH_COMMANDS_MAX: Final = 512
WAITING_CALLS_MAX: Final = 20_000
CONNECT_SECONDS_MAX: Final = 1.0
REPLY_SECONDS_MAX: Final = 0.5

# The driver's own packing is written in Python and costs seven times as much as this one in C,
# whose stub speaks of a tuple of one.
_pack: Final = cast("Callable[[RedisCommand], bytes]", pack_command)

Conversation = Callable[[RedisCommand], Awaitable[object]]
"""Sends one command on a new connection, before any request uses it, and returns the reply."""

OnConnect = Callable[[Conversation], Awaitable[None]]


@dataclass(slots=True)
class _Call:
    commands: Sequence[RedisCommand]
    timeout_seconds: float
    waits_until: float
    """When, by the loop's clock, it is too late to be sent."""
    replies: asyncio.Future[list[object]]


class SharedRedisConnection:
    """Implements RedisCommands. Connects when first used, reconnects when needed.

    `on_connect` is asked before each new connection is used; where it raises
    RedisUnavailable, the connection is not used, and what was waiting for it is refused.
    """

    def __init__(
        self,
        url: SecretText,
        *,
        name: str,
        on_connect: OnConnect | None = None,
        reply_seconds_max: float = REPLY_SECONDS_MAX,
    ) -> None:
        self.name = name
        self._url = url
        self._on_connect = on_connect
        self._reply_seconds_max = reply_seconds_max
        self._waiting: deque[_Call] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def execute(
        self, *arguments: RedisArgument, timeout_seconds: float | None = None
    ) -> object:
        """Run one command; see RedisCommands."""
        (reply,) = await self._enqueue((arguments,), timeout_seconds)
        if isinstance(reply, RedisRefusal):
            raise reply
        return reply

    async def pipeline(
        self, commands: Sequence[RedisCommand], *, timeout_seconds: float | None = None
    ) -> list[object]:
        """Run commands in order, with nothing in between; see RedisCommands."""
        return await self._enqueue(commands, timeout_seconds) if commands else []

    async def ping(self) -> bool:
        """Tell whether the server answers."""
        try:
            return await self.execute("PING") == b"PONG"
        except (RedisUnavailable, RedisRefusal):
            return False

    def connections_in_use(self) -> tuple[int, int]:
        """Return how many connections are open, and how many there may be: one."""
        is_open = self._connection is not None and self._connection.is_connected
        return int(is_open), 1

    async def close(self) -> None:
        """Stop sending, refuse what still waits, hang up."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        _refuse(self._waiting, RedisUnavailable(f"{self.name}: closed"))
        self._waiting.clear()
        await self._hang_up()

    def _enqueue(
        self, commands: Sequence[RedisCommand], timeout_seconds: float | None
    ) -> asyncio.Future[list[object]]:
        if len(self._waiting) >= WAITING_CALLS_MAX:
            raise RedisUnavailable(f"{self.name}: too many calls waiting")
        loop = asyncio.get_running_loop()
        replies: asyncio.Future[list[object]] = loop.create_future()
        seconds = self._reply_seconds_max if timeout_seconds is None else timeout_seconds
        self._waiting.append(_Call(commands, seconds, loop.time() + seconds, replies))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all(), name=f"redis-{self.name}")
        return replies

    async def _send_all(self) -> None:
        """Send batch after batch until nobody waits; one of these runs at a time."""
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._exchange(batch)
            except RedisUnavailable as error:
                await self._hang_up()
                _refuse([*batch, *self._waiting], error)
                self._waiting.clear()
            except (RedisError, OSError, TimeoutError) as error:
                await self._hang_up()
                reason = "too slow" if isinstance(error, TimeoutError) else "connection lost"
                _refuse(batch, RedisUnavailable(f"{self.name}: {reason}"))
            except BaseException:
                # Nobody sends what still waits: this task ends here.
                _refuse([*batch, *self._waiting], RedisUnavailable(f"{self.name}: closed"))
                self._waiting.clear()
                await self._hang_up()
                raise

    def _next_batch(self) -> list[_Call]:
        batch: list[_Call] = []
        commands = 0
        now = asyncio.get_running_loop().time()
        while self._waiting and commands < BATCH_COMMANDS_MAX:
            call = self._waiting.popleft()
            if call.replies.done():
                continue  # Its caller has given up already.
            if call.waits_until < now:
                _refuse([call], RedisUnavailable(f"{self.name}: too slow"))
                continue
            batch.append(call)
            commands += len(call.commands)
        return batch

    async def _exchange(self, batch: list[_Call]) -> None:
        if not batch:
            return
        connection = await self._connected()
        async with asyncio.timeout(max(call.timeout_seconds for call in batch)):
            packed = [_pack(command) for call in batch for command in call.commands]
            await connection.send_packed_command(b"".join(packed), check_health=False)
            for call in batch:
                replies = [await _read_reply(connection) for _ in call.commands]
                if not call.replies.done():
                    call.replies.set_result(replies)

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.is_connected:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                connection = self._connection = _new_connection(self._url)
                await connection.connect()  # type: ignore[no-untyped-call]  # untyped in the library
                if self._on_connect is not None:
                    await self._on_connect(_conversation_over(connection))
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _new_connection(url: SecretText) -> Connection:
    options = dict(
        cast("dict[str, Any]", parse_url(url.reveal()))  # allow-any: the library's own options
    )
    is_encrypted = options.pop("connection_class", Connection) is SSLConnection
    options |= {
        "protocol": 2,
        "driver_info": None,
        "socket_timeout": None,
        "socket_connect_timeout": CONNECT_SECONDS_MAX,
    }
    return SSLConnection(**options) if is_encrypted else Connection(**options)


def _conversation_over(connection: Connection) -> Conversation:
    async def ask(command: RedisCommand) -> object:
        await connection.send_command(*command, check_health=False)
        reply = await _read_reply(connection)
        if isinstance(reply, RedisRefusal):
            raise reply
        return reply

    return ask


async def _read_reply(connection: Connection) -> object:
    """Return the next reply; an error reply is returned too, for it belongs to one caller.

    A server that has become a replica is raised: this line leads to the wrong one.
    """
    try:
        return cast(
            "object", await connection.read_response(disable_decoding=True, timeout=math.inf)
        )
    except ReadOnlyError:
        raise
    except ResponseError as error:
        message = str(error)
        # The driver takes the code off the message only where it knows it.
        return RedisRefusal(error.status_code or message.partition(" ")[0], message)


def _refuse(calls: Sequence[_Call] | deque[_Call], error: RedisUnavailable) -> None:
    for call in calls:
        if not call.replies.done():
            call.replies.set_exception(error)
