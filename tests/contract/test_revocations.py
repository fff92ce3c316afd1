"""What every durable record of revocations promises: the fake and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.manual_clock import ManualClock
from tests.fakes.revocations import FakeRevocations
from tests.tokens import DEVICE, OPERATOR, TENANT, ULID

from bff_backoffice.application.ports.revocations import Revocation, Revocations
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.identifiers import TenantId
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres import revocations as postgres_revocations
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.revocations import PostgresRevocations

NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - PostgreSQL expires by its own clock
DEVICE_GONE = Revocation(
    tenant_id=TenantId(TENANT),
    kind="device",
    subject=DEVICE,
    revoked_before=NOW,
    is_suspended=False,
    expires_at=NOW + timedelta(days=30),
)


@pytest.fixture
async def real_revocations(database: DatabaseUrls) -> AsyncIterator[Revocations]:
    connections = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    yield PostgresRevocations(connections)
    await connections.close()


@pytest.fixture(params=["fake", "real"])
def revocations(request: pytest.FixtureRequest) -> Revocations:
    if request.param == "fake":
        return FakeRevocations(ManualClock(NOW))
    real: Revocations = request.getfixturevalue("real_revocations")
    return real


async def in_force(revocations: Revocations) -> list[Revocation]:
    return [one async for page in revocations.all_in_force() for one in page]


async def test_nothing_is_in_force_at_first(revocations: Revocations) -> None:
    assert await in_force(revocations) == []


async def test_what_was_recorded_is_in_force_for_every_tenant(revocations: Revocations) -> None:
    elsewhere = replace(DEVICE_GONE, tenant_id=TenantId(f"tnt_{ULID}Z"))
    suspended = replace(DEVICE_GONE, kind="operator", subject=OPERATOR, is_suspended=True)
    for revocation in (DEVICE_GONE, elsewhere, suspended):
        await revocations.record(revocation)

    found = await in_force(revocations)
    assert len(found) == 3
    for revocation in (DEVICE_GONE, elsewhere, suspended):
        assert revocation in found


async def test_a_watermark_only_moves_forward(revocations: Revocations) -> None:
    later = replace(DEVICE_GONE, revoked_before=NOW + timedelta(minutes=1))
    await revocations.record(later)
    await revocations.record(DEVICE_GONE)

    assert await in_force(revocations) == [later]


async def test_a_suspension_is_not_lifted_by_a_watermark(revocations: Revocations) -> None:
    await revocations.record(replace(DEVICE_GONE, is_suspended=True))
    await revocations.record(DEVICE_GONE)

    (found,) = await in_force(revocations)
    assert found.is_suspended


async def test_what_has_ended_counts_no_more_unless_suspended(revocations: Revocations) -> None:
    past = NOW - timedelta(seconds=1)
    await revocations.record(replace(DEVICE_GONE, expires_at=past))
    suspended = replace(
        DEVICE_GONE, kind="tenant", subject=TENANT, expires_at=past, is_suspended=True
    )
    await revocations.record(suspended)

    assert await in_force(revocations) == [suspended]


async def test_many_are_read_page_by_page(
    database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_revocations, "PAGE_ROWS", 3)
    store = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    revocations = PostgresRevocations(store)
    for number in range(10):
        await revocations.record(replace(DEVICE_GONE, subject=f"dev_{number}"))
    pages = [len(page) async for page in revocations.all_in_force()]
    await store.close()

    assert pages == [3, 3, 3, 1]


async def test_nobody_reads_revocations_of_all_tenants_by_the_way(
    database: DatabaseUrls,
) -> None:
    """The door that the reload opens is shut again on the connection it used."""
    policy = PoolPolicy(application_name="test", connections_max=1)
    store = Database(SecretText(database.api), policy)
    revocations = PostgresRevocations(store)
    await revocations.record(DEVICE_GONE)
    assert len(await in_force(revocations)) == 1

    assert await store.fetch("select * from bff.revocations") == []
    await store.close()


async def test_postgres_away_is_told_as_unavailable() -> None:
    nowhere = SecretText("postgresql://bff_api:x@127.0.0.1:1/bff")
    store = Database(nowhere, PoolPolicy(application_name="test"))

    with pytest.raises(StoreUnavailable):
        await PostgresRevocations(store).record(DEVICE_GONE)
    await store.close()


async def test_the_worker_removes_what_has_ended_and_nothing_else(database: DatabaseUrls) -> None:
    """No other role may remove any, and the database itself keeps what is still in force."""
    api = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test"))
    record = PostgresRevocations(api)
    ended = NOW - timedelta(seconds=1)
    await record.record(replace(DEVICE_GONE, kind="sid", subject="ses_1", expires_at=ended))
    await record.record(DEVICE_GONE)
    await record.record(
        replace(DEVICE_GONE, kind="tenant", subject=TENANT, expires_at=ended, is_suspended=True)
    )

    removed = await PostgresRevocations(worker).remove_expired(10)
    forced = await worker.execute("delete from bff.revocations")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("delete from bff.revocations")

    assert (removed, forced) == (1, 0)
    assert len(await in_force(record)) == 2
    await api.close()
    await worker.close()
