"""Tenants cannot see one another, whatever happened on the connection before."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.contract.test_mutation_claims import a_claim, a_message, an_outcome, holding
from tests.database_urls import DatabaseUrls
from tests.fakes.mutation_path import OPERATOR, OTHER_TENANT, TENANT

from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import IdempotencyKey, TenantId, new_ulid
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims

pytestmark = pytest.mark.integration

READABLE_BY_API = ("idempotency", "operator_activity", "revocations")
COUNT = "select count(*) from bff.{table}"


@pytest.fixture
async def one_connection(database: DatabaseUrls) -> AsyncIterator[Database]:
    """Give a pool of one: whoever comes next gets the connection of whoever was before."""
    pool = Database(
        SecretText(database.api), PoolPolicy(application_name="test", connections_max=1)
    )
    yield pool
    await pool.close()


def scope_of(tenant: TenantId) -> IdempotencyScope:
    return IdempotencyScope(
        tenant_id=tenant, operator_id=OPERATOR, key=IdempotencyKey(new_ulid(SystemClock()))
    )


async def do_something(pool: Database, tenant: TenantId) -> None:
    claims = PostgresMutationClaims(pool)
    claim = a_claim(scope=scope_of(tenant))
    await claims.claim(claim)
    await claims.settle(holding(claim), an_outcome(claim), a_message(), sealed_answer=b"x")


async def assert_nothing_is_seen(pool: Database) -> None:
    for table in READABLE_BY_API:
        row = await pool.fetch_row(COUNT.format(table=table))
        assert row is not None
        assert row["count"] == 0, table
    row = await pool.fetch_row("select current_setting('app.tenant_id', true) as tenant")
    assert row is not None
    assert row["tenant"] in (None, "")


async def test_a_connection_without_a_tenant_sees_nothing(one_connection: Database) -> None:
    await assert_nothing_is_seen(one_connection)


async def test_nothing_is_left_after_another_tenants_transaction(
    one_connection: Database,
) -> None:
    await do_something(one_connection, TENANT)

    await assert_nothing_is_seen(one_connection)


async def test_nothing_is_left_after_an_error(one_connection: Database) -> None:
    await do_something(one_connection, TENANT)

    with pytest.raises(asyncpg.PostgresError):
        await one_connection.fetch(
            "select set_config('app.tenant_id', $1, true), 1 / (length($1) - 30)", TENANT
        )

    await assert_nothing_is_seen(one_connection)


async def test_nothing_is_left_after_a_cancel(one_connection: Database) -> None:
    await do_something(one_connection, TENANT)
    slow = asyncio.create_task(
        one_connection.fetch("select set_config('app.tenant_id', $1, true), pg_sleep(5)", TENANT)
    )
    await asyncio.sleep(0.1)  # Let it get to the server.

    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow

    await assert_nothing_is_seen(one_connection)


async def test_nothing_is_left_after_a_deadline(one_connection: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await one_connection.fetch(
            "select set_config('app.tenant_id', $1, true), pg_sleep(5)", TENANT, seconds=0.1
        )

    await assert_nothing_is_seen(one_connection)


async def test_each_tenant_sees_its_own_rows_only(
    one_connection: Database, database: DatabaseUrls
) -> None:
    await do_something(one_connection, TENANT)
    await do_something(one_connection, OTHER_TENANT)
    await do_something(one_connection, OTHER_TENANT)

    connection = await asyncpg.connect(database.api)
    seen: dict[TenantId, int] = {}
    for tenant in (TENANT, OTHER_TENANT):
        async with connection.transaction():
            await connection.execute("select set_config('app.tenant_id', $1, true)", tenant)
            seen[tenant] = await connection.fetchval("select count(*) from bff.idempotency")
    await connection.close()

    assert seen == {TENANT: 1, OTHER_TENANT: 2}


async def test_no_tenant_writes_into_another(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.api)
    await connection.execute("select set_config('app.tenant_id', $1, false)", TENANT)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(
            "insert into bff.outbox (event_id, tenant_id, topic, ordering_key, event)"
            " values ('evt_1', $1, 't', 'k', '{}')",
            OTHER_TENANT,
        )
    await connection.close()


async def test_every_table_with_a_tenant_forces_row_level_security(
    database: DatabaseUrls,
) -> None:
    connection = await asyncpg.connect(database.superuser)
    rows = await connection.fetch(
        "select c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attnotnull"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'bff'::regnamespace and c.relkind in ('r', 'p')"
        " and a.attname = 'tenant_id'"
    )
    await connection.close()

    assert len(rows) > 5
    for row in rows:
        assert row["relrowsecurity"] and row["relforcerowsecurity"], row["relname"]  # noqa: PT018 - one fact
        assert row["attnotnull"], row["relname"]


async def test_partitions_cannot_be_reached_around_their_parent(database: DatabaseUrls) -> None:
    for url in (database.api, database.worker, database.retention):
        connection = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from bff.operator_activity_default")
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update bff.operator_activity set state = 'refused'",
        "delete from bff.operator_activity",
        "delete from bff.idempotency",
        "select * from bff.outbox",
        "truncate bff.outbox",
        "select * from bff.schema_migrations",
        "select * from bff.claim_messages('00000000-0000-0000-0000-000000000000', 1, 1)",
        "select bff.ensure_activity_partitions(current_date, 1)",
        "create table bff.mine (id integer)",
        "set role bff_owner",
    ],
)
async def test_the_api_may_do_no_more_than_its_work(database: DatabaseUrls, statement: str) -> None:
    connection = await asyncpg.connect(database.api)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update bff.outbox set event = '{}'",
        "update bff.outbox set tenant_id = 'tnt_other'",
        "update bff.outbox set sequence = default",
        "update bff.operator_activity set state = 'refused'",
        "delete from bff.operator_activity",
    ],
)
async def test_the_worker_cannot_change_what_was_said(
    database: DatabaseUrls, statement: str
) -> None:
    connection = await asyncpg.connect(database.worker)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.execute(statement)
    await connection.close()

    assert isinstance(
        refused.value, asyncpg.InsufficientPrivilegeError | asyncpg.SyntaxOrAccessError
    )


async def test_the_worker_finds_work_of_all_tenants_and_changes_it_in_one_alone(
    one_connection: Database, database: DatabaseUrls
) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        await PostgresMutationClaims(one_connection).claim(
            a_claim(lease_seconds=0, scope=scope_of(tenant))
        )
    connection = await asyncpg.connect(database.worker)

    found = await connection.fetchval("select count(*) from bff.idempotency")
    changed_by_nobody = await connection.execute("update bff.idempotency set attempt = 9")
    async with connection.transaction():
        await connection.execute("select set_config('app.tenant_id', $1, true)", TENANT)
        changed_by_one = await connection.execute("update bff.idempotency set attempt = 9")
    await connection.close()

    assert found == 2
    assert (changed_by_nobody, changed_by_one) == ("UPDATE 0", "UPDATE 1")


async def test_the_worker_deletes_only_what_is_past_its_lifetime(
    one_connection: Database, database: DatabaseUrls
) -> None:
    await do_something(one_connection, TENANT)
    await do_something(one_connection, OTHER_TENANT)
    superuser = await asyncpg.connect(database.superuser)
    await superuser.execute(
        "update bff.idempotency set expires_at = now() - interval '1 second' where tenant_id = $1",
        TENANT,
    )
    await superuser.execute(
        "update bff.outbox set published_at = now() - interval '4 days'"
        " where event_id = (select min(event_id) from bff.outbox)"
    )
    connection = await asyncpg.connect(database.worker)

    idempotency = await connection.execute("delete from bff.idempotency")
    outbox = await connection.execute("delete from bff.outbox")
    left = await superuser.fetchval("select count(*) from bff.outbox")
    await connection.close()
    await superuser.close()

    assert (idempotency, outbox, left) == ("DELETE 1", "DELETE 1", 1)
