"""A bounded pool of connections on which nobody leaves anything behind.

Every statement is its own transaction and mostly one function call, so a tenant is known only
inside the function that works for it. There is no way to set anything on a connection from
here; that is what makes it safe to hand a connection on without a round trip to reset it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.secret_text import SecretText

_UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
    OSError,
    TimeoutError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """How many connections, and how long anyone waits for what."""

    application_name: str
    connections_max: int = 8
    connect_seconds: float = 2.0
    acquire_seconds: float = 0.5
    statement_seconds: float = 1.0
    lock_seconds: float = 0.8
    idle_connection_seconds: float = 300.0


class Database:
    """Runs single statements. All methods raise StoreUnavailable when there is no answer in time.

    Connects when first used: a start does not wait for PostgreSQL.
    """

    def __init__(self, url: SecretText, policy: PoolPolicy) -> None:
        self._url = url
        self._policy = policy
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(
        self, statement: str, *arguments: object, seconds: float | None = None
    ) -> list[asyncpg.Record]:
        """Run one statement in a transaction of its own and return its rows."""
        async with self._connection() as connection:
            return await connection.fetch(statement, *arguments, timeout=self._limit(seconds))

    async def fetch_row(
        self, statement: str, *arguments: object, seconds: float | None = None
    ) -> asyncpg.Record | None:
        """Run one statement in a transaction of its own and return its first row."""
        async with self._connection() as connection:
            return await connection.fetchrow(statement, *arguments, timeout=self._limit(seconds))

    async def execute(
        self, statement: str, *arguments: object, seconds: float | None = None
    ) -> int:
        """Run one statement in a transaction of its own and return how many rows it touched."""
        async with self._connection() as connection:
            status = await connection.execute(statement, *arguments, timeout=self._limit(seconds))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def ping(self) -> bool:
        """Tell whether the database answers."""
        try:
            await self.fetch_row("select 1")
        except StoreUnavailable:
            return False
        return True

    def connections_in_use(self) -> tuple[int, int]:
        """Return how many connections are busy, and how many there may be."""
        if self._pool is None:
            return 0, self._policy.connections_max
        busy = self._pool.get_size() - self._pool.get_idle_size()
        return busy, self._policy.connections_max

    async def close(self) -> None:
        """Close all connections; those still busy are cut off after a moment."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), self._policy.connect_seconds)
            except TimeoutError:
                pool.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[PoolConnectionProxy, None]:
        pool = self._pool or await self._opened_pool()
        try:
            async with pool.acquire(timeout=self._policy.acquire_seconds) as connection:
                try:
                    yield connection
                except asyncpg.InternalClientError:
                    # The server hung up a moment ago and the driver has lost its place: not a
                    # connection that anybody should get again.
                    connection.terminate()
                    raise
        except _UNAVAILABLE as error:
            if isinstance(error, ValueError):
                raise  # An argument of the wrong type: our mistake, not the database's state.
            raise StoreUnavailable(type(error).__name__) from error

    async def _opened_pool(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await self._make_pool()
            return self._pool

    async def _make_pool(self) -> asyncpg.Pool:
        policy = self._policy
        milliseconds = "{:d}ms".format
        # Nothing connects here: the pool starts empty.
        return await asyncpg.create_pool(
            self._url.reveal(),
            min_size=0,
            max_size=policy.connections_max,
            timeout=policy.connect_seconds,
            command_timeout=policy.statement_seconds,
            max_inactive_connection_lifetime=policy.idle_connection_seconds,
            reset=_nothing_to_reset,
            server_settings={
                "application_name": policy.application_name,
                "timezone": "UTC",
                "jit": "off",
                "statement_timeout": milliseconds(int(policy.statement_seconds * 1000)),
                "lock_timeout": milliseconds(int(policy.lock_seconds * 1000)),
                "idle_in_transaction_session_timeout": "5s",
            },
        )

    def _limit(self, seconds: float | None) -> float:
        longest = self._policy.statement_seconds
        return longest if seconds is None else min(seconds, longest)


async def _nothing_to_reset(connection: asyncpg.Connection) -> None:
    """Save the pool's round trip per release; the driver has ended any open transaction."""
    if connection.is_in_transaction():
        raise TypeError("a transaction was left open")
