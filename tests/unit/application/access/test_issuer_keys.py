"""iam's signing keys as one process knows them."""

import asyncio

import pytest
from tests.fakes.manual_clock import ManualClock
from tests.fakes.signing_key_source import FakeSigningKeySource
from tests.fakes.signing_key_store import FakeSigningKeyStore
from tests.tokens import Issuer, edwards_key

from bff_backoffice.application.access.refusals import SigningKeysUnavailable
from bff_backoffice.application.access.signing_keys import (
    COOL_DOWN_SECONDS,
    OUTAGE_SECONDS,
    REFRESH_SECONDS,
    SigningKeys,
)
from bff_backoffice.application.ports.signing_keys import StoredKeySet
from bff_backoffice.security.errors import TokenRefused


class Instance:
    """One process, its issuer and the store that all processes share."""

    def __init__(self, store: FakeSigningKeyStore | None = None, prefix: str | None = None) -> None:
        self.clock = ManualClock()
        self.issuer = Issuer()
        self.source = FakeSigningKeySource(self.issuer.key_set())
        self.store = store or FakeSigningKeyStore()
        self.changes = 0
        self.keys = SigningKeys(
            self.source, self.store, self.clock, on_change=self.changed, refused_prefix=prefix
        )

    def changed(self) -> None:
        self.changes += 1

    async def knows(self, key_id: str) -> bool:
        try:
            await self.keys.key_for(key_id)
        except TokenRefused:
            return False
        return True

    def rotate(self, key_id: str) -> None:
        self.source.document = Issuer(key=edwards_key(), key_id=key_id).key_set()


async def test_keys_are_there_after_the_start_and_asked_for_once() -> None:
    instance = Instance()
    assert not instance.keys.are_loaded
    await instance.keys.load()

    assert instance.keys.are_loaded
    assert await instance.knows("iam-1")
    assert instance.source.fetches == 1
    assert instance.store.stored is not None


async def test_many_callers_cost_one_fetch() -> None:
    instance = Instance()
    instance.source.gate.clear()
    callers = [asyncio.create_task(instance.keys.key_for("iam-1")) for _ in range(50)]
    await asyncio.sleep(0)
    instance.source.gate.set()
    await asyncio.gather(*callers)

    assert instance.source.fetches == 1


async def test_a_caller_that_leaves_does_not_take_the_fetch_with_it() -> None:
    instance = Instance()
    instance.source.gate.clear()
    leaving = asyncio.create_task(instance.keys.key_for("iam-1"))
    staying = asyncio.create_task(instance.keys.key_for("iam-1"))
    await asyncio.sleep(0)
    leaving.cancel()
    instance.source.gate.set()

    assert (await staying).thumbprint == instance.issuer.key.thumbprint


async def test_a_flood_of_unknown_keys_costs_one_fetch_per_cool_down() -> None:
    instance = Instance()
    await instance.keys.load()
    for second in range(5 * COOL_DOWN_SECONDS):
        for number in range(20):
            assert not await instance.knows(f"made-up-{second}-{number}")
        instance.clock.advance(1)

    assert instance.source.fetches <= 5


async def test_a_new_key_is_found_at_first_use() -> None:
    instance = Instance()
    await instance.keys.load()
    instance.clock.advance(COOL_DOWN_SECONDS)
    instance.rotate("iam-2")

    assert await instance.knows("iam-2")
    assert instance.changes == 2


async def test_a_removed_key_is_gone_after_the_next_fetch_and_never_revived() -> None:
    instance = Instance()
    await instance.keys.load()
    first_set = instance.store.stored
    assert first_set is not None
    instance.rotate("iam-2")
    instance.clock.advance(REFRESH_SECONDS)
    assert await instance.knows("iam-1")  # Served while the fetch it starts is under way.
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not await instance.knows("iam-1")
    assert not instance.keys._take(first_set)  # pyright: ignore[reportPrivateUsage] - behind the curtain
    instance.source.is_down = True
    assert not await instance.knows("iam-1")


async def test_without_iam_the_last_good_set_serves_for_its_time_and_not_longer() -> None:
    instance = Instance()
    await instance.keys.load()
    instance.source.is_down = True
    instance.clock.advance(OUTAGE_SECONDS - 1)
    assert await instance.knows("iam-1")
    instance.clock.advance(1)

    assert not instance.keys.are_loaded
    with pytest.raises(SigningKeysUnavailable):
        await instance.keys.key_for("iam-1")


async def test_a_start_without_iam_takes_what_another_instance_stored() -> None:
    first = Instance()
    await first.keys.load()
    second = Instance(store=first.store)
    second.source.is_down = True
    await second.keys.load()

    assert await second.knows("iam-1")
    second.clock.advance(OUTAGE_SECONDS)
    assert not second.keys.are_loaded


async def test_a_start_without_iam_and_store_recovers_by_being_asked_whether_it_is_ready() -> None:
    """Nobody sends a token to an instance that is not ready: the probe must be enough."""
    instance = Instance()
    instance.source.is_down = True
    instance.store.is_down = True
    await instance.keys.load()
    assert not instance.keys.keep_fresh()

    instance.source.is_down = False
    instance.clock.advance(COOL_DOWN_SECONDS)
    instance.keys.keep_fresh()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert instance.keys.keep_fresh()


async def test_a_fresh_set_is_not_asked_for_again() -> None:
    instance = Instance()
    await instance.keys.load()
    for _ in range(100):
        assert instance.keys.keep_fresh()

    assert instance.source.fetches == 1


@pytest.mark.parametrize("document", [b"", b"[]", b'{"keys": []}', b'{"keys": {}}', b"\xff", b"{"])
async def test_a_document_that_is_no_key_set_changes_nothing(document: bytes) -> None:
    instance = Instance()
    await instance.keys.load()
    instance.source.document = document
    instance.clock.advance(REFRESH_SECONDS)
    await instance.keys.load()

    assert await instance.knows("iam-1")
    assert instance.store.stored is not None
    assert instance.store.stored.document == instance.issuer.key_set()


async def test_keys_of_the_sandbox_open_no_real_house() -> None:
    instance = Instance(prefix="sandbox-")
    instance.rotate("sandbox-1")
    await instance.keys.load()

    assert not instance.keys.are_loaded
    with pytest.raises(SigningKeysUnavailable):
        await instance.keys.key_for("sandbox-1")


async def test_a_store_that_cannot_save_does_not_matter() -> None:
    instance = Instance()
    instance.store.is_down = True
    await instance.keys.load()

    assert await instance.knows("iam-1")


async def test_an_older_set_from_the_store_does_not_replace_a_newer_one() -> None:
    instance = Instance()
    await instance.keys.load()
    older = StoredKeySet(
        document=Issuer(key=edwards_key(), key_id="old").key_set(),
        fetched_at_epoch_seconds=instance.clock.epoch_seconds() - 10,
    )

    assert not instance.keys._take(older)  # pyright: ignore[reportPrivateUsage] - behind the curtain
    assert not await instance.knows("old")


async def test_closing_ends_a_fetch_that_hangs() -> None:
    instance = Instance()
    instance.source.gate.clear()
    waiting = asyncio.create_task(instance.keys.load())
    await asyncio.sleep(0)
    await instance.keys.close()
    await asyncio.gather(waiting, return_exceptions=True)

    assert not instance.keys.are_loaded
    await Instance().keys.close()
