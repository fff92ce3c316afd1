"""What every store of the last good key set promises: the fake and PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.signing_key_store import FakeSigningKeyStore
from tests.tokens import ISSUER, Issuer

from bff_backoffice.application.ports.signing_keys import SigningKeyStore, StoredKeySet
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.signing_key_store import PostgresSigningKeyStore
from bff_backoffice.security.signing_keys import parse_key_set

NOW = 1_773_480_413.25


@pytest.fixture
async def real_store(database: DatabaseUrls) -> AsyncIterator[SigningKeyStore]:
    connections = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    yield PostgresSigningKeyStore(connections, ISSUER)
    await connections.close()


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> SigningKeyStore:
    if request.param == "fake":
        return FakeSigningKeyStore()
    real: SigningKeyStore = request.getfixturevalue("real_store")
    return real


def key_set(issuer: Issuer, fetched_at: float = NOW) -> StoredKeySet:
    return StoredKeySet(document=issuer.key_set(), fetched_at_epoch_seconds=fetched_at)


async def thumbprint_in(store: SigningKeyStore) -> str:
    stored = await store.latest()
    assert stored is not None
    return parse_key_set(stored.document).by_identifier["iam-1"].thumbprint


async def test_nothing_is_stored_at_first(store: SigningKeyStore) -> None:
    assert await store.latest() is None


async def test_the_stored_set_comes_back_with_its_time(store: SigningKeyStore) -> None:
    issuer = Issuer()
    await store.save(key_set(issuer))
    stored = await store.latest()

    assert stored is not None
    assert stored.fetched_at_epoch_seconds == NOW
    assert await thumbprint_in(store) == issuer.key.thumbprint


async def test_a_younger_set_replaces_an_older_one_and_never_the_other_way(
    store: SigningKeyStore,
) -> None:
    older, younger = Issuer(), Issuer()
    await store.save(key_set(older))
    await store.save(key_set(younger, NOW + 1))
    await store.save(key_set(older))

    assert await thumbprint_in(store) == younger.key.thumbprint


async def test_each_issuer_has_its_own(database: DatabaseUrls) -> None:
    connection = Database(SecretText(database.api), PoolPolicy(application_name="test"))
    await PostgresSigningKeyStore(connection, ISSUER).save(key_set(Issuer()))

    assert await PostgresSigningKeyStore(connection, "https://other.example").latest() is None
    await connection.close()


async def test_postgres_away_is_told_as_unavailable() -> None:
    nowhere = SecretText("postgresql://bff_api:x@127.0.0.1:1/bff")
    connection = Database(nowhere, PoolPolicy(application_name="test"))

    with pytest.raises(StoreUnavailable):
        await PostgresSigningKeyStore(connection, ISSUER).latest()
    await connection.close()
