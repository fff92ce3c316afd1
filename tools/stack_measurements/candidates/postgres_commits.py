"""The first commit of a mutation (a claim under row-level security), 20 callers at once."""

import itertools
import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import psycopg_pool
from tools.stack_measurements.candidates.turns import concurrently, report
from tools.stack_measurements.desktops import PROPERTY, TENANT, ULID
from tools.stack_measurements.rounds import Measurement, compare, take_turns

from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy

AT_ONCE = 20
CONNECTIONS = 8
TIMES = 400
ROUNDS = 7
CHOSEN = "asyncpg, one function per commit (Database)"
CLAIM = "select * from bff.claim_mutation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
PSYCOPG_CLAIM = (
    "select * from bff.claim_mutation(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)"
)
TENANT_SET = "select set_config('app.tenant_id', {}, true)"
INSERT = """
insert into bff.idempotency (
    tenant_id, operator_id, idempotency_key, fingerprint, state, owner_token, lease_until,
    settle_after, activity_id, action, upstream_key, property_id, resource_id, origin,
    sealed_command, claimed_at)
values ({}, {}, {}, {}, 'in_flight', {}, clock_timestamp() + make_interval(secs => {}),
    clock_timestamp() + interval '30 s', {}, {}, {}, {}, {}, {}::jsonb, {}, clock_timestamp())
on conflict do nothing
returning attempt
"""
Operation = Callable[[], Awaitable[None]]
_numbers = itertools.count()


def claim() -> tuple[object, ...]:
    number = f"{os.getpid():07d}{next(_numbers):07d}"
    return (
        TENANT,
        f"opr_{ULID}00",
        f"01HZX8QJ5T9W{number}",
        b"f" * 32,
        uuid.uuid4(),
        30,
        f"act_{ULID}00",
        "reservation.check_in",
        f"01HZX8QJ5T9W{number}",
        PROPERTY,
        f"res_{ULID}00",
        '{"device":"dev_01HZX8QJ5T9W2V4Y6B8D0F2H00","session":"bos_01HZX8QJ5T9W2V4Y6B8D0F2H00"}',
        b"c" * 200,
    )


def claimed(outcome: object) -> None:
    if outcome not in ("claimed", 1):
        raise RuntimeError(f"not claimed: {outcome!r}")


class AsyncpgClaims:
    """With our Database, and with asyncpg's pool as it comes."""

    def __init__(self, database: Database, pool: asyncpg.Pool) -> None:
        self.database = database
        self.pool = pool
        self.insert = INSERT.format(*(f"${number}" for number in range(1, 14)))

    async def ours(self) -> None:
        row = await self.database.fetch_row(CLAIM, *claim())
        claimed(row["outcome"])

    async def resetting(self) -> None:
        claimed(await self.pool.fetchval(CLAIM, *claim()))

    async def statements(self) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(TENANT_SET.format("$1"), TENANT)
            claimed(await connection.fetchval(self.insert, *claim()))


class PsycopgClaims:
    """With psycopg's own pool; autocommit, so that a transaction is only where one is wanted."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self.pool = pool
        self.insert = INSERT.format(*["%s"] * 13)

    async def function(self) -> None:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(PSYCOPG_CLAIM, claim(), prepare=True)
            claimed((await cursor.fetchone())[0])

    async def pipeline(self) -> None:
        async with self.pool.connection() as connection:
            async with connection.pipeline(), connection.transaction():
                await connection.execute(TENANT_SET.format("%s"), (TENANT,), prepare=True)
                cursor = await connection.execute(self.insert, claim(), prepare=True)
            claimed((await cursor.fetchone())[0])

    async def statements(self) -> None:
        async with self.pool.connection() as connection:
            async with connection.transaction():
                await connection.execute(TENANT_SET.format("%s"), (TENANT,), prepare=True)
                cursor = await connection.execute(self.insert, claim(), prepare=True)
            claimed((await cursor.fetchone())[0])


async def operations_on(url: str, stack: AsyncExitStack) -> dict[str, Operation]:
    policy = PoolPolicy(
        application_name="measured",
        connections_max=CONNECTIONS,
        acquire_seconds=10.0,
        statement_seconds=10.0,
    )
    database = Database(SecretText(url), policy)
    stack.push_async_callback(database.close)
    pool = await stack.enter_async_context(
        asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    )
    psycopg = await stack.enter_async_context(
        psycopg_pool.AsyncConnectionPool(
            url,
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            kwargs={"autocommit": True},
            open=False,
        )
    )
    by_asyncpg, by_psycopg = AsyncpgClaims(database, pool), PsycopgClaims(psycopg)
    return {
        CHOSEN: by_asyncpg.ours,
        "asyncpg, one function, its pool's own reset": by_asyncpg.resetting,
        "asyncpg, statement by statement": by_asyncpg.statements,
        "psycopg 3, one function": by_psycopg.function,
        "psycopg 3, statements in its pipeline": by_psycopg.pipeline,
        "psycopg 3, statement by statement": by_psycopg.statements,
    }


async def measure() -> list[Measurement]:
    async with AsyncExitStack() as stack:
        operations = await operations_on(os.environ["MEASURED_POSTGRES_URL"], stack)
        taken = await take_turns(
            [
                concurrently(name, operation, times=TIMES, at_once=AT_ONCE)
                for name, operation in operations.items()
            ],
            rounds=ROUNDS,
            operations=TIMES,
        )
    return [
        compare(
            "postgres",
            f"claim a mutation under row-level security, {AT_ONCE} at once",
            taken,
            chosen=CHOSEN,
            operations=TIMES,
            notes=[
                f"CPU of the client's process; {CONNECTIONS} connections each.",
                "Statements only set the tenant and insert; the function judges what it finds too.",
            ],
        )
    ]


if __name__ == "__main__":
    report(measure)
