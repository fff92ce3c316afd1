"""The view cache: the process's memory over the shared tier, one fetch at a time over both."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from bff_backoffice.application.ports.redis_commands import RedisUnavailable
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import (
    Fetch,
    Freshness,
    RememberedView,
    ViewKey,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, TenantId, new_ulid
from bff_backoffice.infrastructure.cache.entries import VALUE_BYTES_MAX, Entry
from bff_backoffice.infrastructure.cache.memory_tier import MemoryTier
from bff_backoffice.infrastructure.cache.redis_tier import RedisTier
from bff_backoffice.infrastructure.cache.single_flight import Flights, Lease

TRUST_SECONDS: Final = 1.0
"""How long memory is believed without asking the shared tier: as long as another instance's
change may go unseen here."""
TOPIC_KEYS_MAX: Final = 4096


class CacheObserver(Protocol):
    """Hears what the cache did; for metrics. Must not raise and must not wait."""

    def looked_up(self, *, view: str, is_hit: bool) -> None:
        """Take one view asked for: answered from memory, or fetched."""
        ...

    def followed(self, *, view: str) -> None:
        """Take one caller that waited for a fetch somebody else had started."""
        ...


class TieredViewCache:
    """Implements ViewCache. One per process; close it to end the fetches under way."""

    def __init__(
        self, *, memory: MemoryTier, shared: RedisTier, observer: CacheObserver, clock: Clock
    ) -> None:
        self._memory = memory
        self._shared = shared
        self._observer = observer
        self._clock = clock
        self._flights = Flights()

    async def peek(
        self, keys: Sequence[ViewKey], *, timeout_seconds: float
    ) -> list[RememberedView | None]:
        """Return what is remembered; see ViewCache."""
        unsure = [key for key in keys if not self._is_trusted(key)]
        if unsure and not self._shared.is_resting:
            with suppress(TimeoutError, RedisUnavailable):
                async with asyncio.timeout(timeout_seconds):
                    await self._read_shared(unsure)
        return [self._remembered(key) for key in keys]

    async def load(
        self, key: ViewKey, fetch: Fetch, *, freshness: Freshness, deadline: Deadline
    ) -> RememberedView:
        """Return a fresh view, fetched if need be; see ViewCache."""
        (known,) = await self.peek([key], timeout_seconds=deadline.remaining_seconds())
        if known is not None and known.is_fresh(freshness):
            self._observer.looked_up(view=key.view, is_hit=True)
            return known
        flight = self._join(key, fetch, freshness)
        done, _ = await asyncio.wait({flight}, timeout=deadline.remaining_seconds())
        if not done:
            raise UpstreamFailure(upstream=key.topics[0], reason="timeout")
        if flight.cancelled():
            raise UpstreamFailure(upstream=key.topics[0], reason="deadline_spent")
        return self._as_view(key, flight.result())

    def refresh(self, key: ViewKey, fetch: Fetch, *, freshness: Freshness) -> None:
        """Start fetching and wait for nothing; see ViewCache."""
        try:
            self._join(key, fetch, freshness)
        except UpstreamFailure:
            return  # Too many under way: the next caller will ask again.

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        """End the freshness of what came from these upstreams; see ViewCache."""
        topic_keys = [_topic_key(tenant_id, property_id, topic) for topic in topics]
        generation = new_ulid(self._clock)
        with suppress(RedisUnavailable):  # Else the others see it when their views grow old.
            await self._shared.renew_generations(topic_keys, generation)
        for topic_key in topic_keys:
            self._memory.learn_generation(topic_key, generation)

    async def close(self) -> None:
        """End the fetches under way."""
        await self._flights.close()

    def _join(self, key: ViewKey, fetch: Fetch, freshness: Freshness) -> asyncio.Task[Entry]:
        """Return the flight; after a change nobody joins one from before the change."""
        generation = self._generation(key)
        name = f"{key.text}@{generation}"
        if self._flights.is_under_way(name):
            self._observer.followed(view=key.view)
        else:
            self._observer.looked_up(view=key.view, is_hit=False)
        flight = self._flights.join(
            name, lambda: self._fly(key, fetch, freshness=freshness, generation=generation)
        )
        if flight is None:
            raise UpstreamFailure(upstream=key.topics[0], reason="bulkhead_full")
        return flight

    async def _fly(
        self, key: ViewKey, fetch: Fetch, *, freshness: Freshness, generation: str
    ) -> Entry:
        """Fetch here, or take what another instance has just fetched."""
        deadline = Deadline.after(freshness.fetch_seconds, self._clock)
        lease = Lease(self._shared, self._clock, token=new_ulid(self._clock))
        name = f"{key.text}@{generation}"

        def is_usable(entry: Entry) -> bool:
            is_young = self._age(entry) <= freshness.fresh_seconds
            return is_young and entry.generation == generation

        try:
            found = await lease.wait_for_turn(
                key=key.text, lease=name, deadline=deadline, is_usable=is_usable
            )
        except RedisUnavailable:
            return self._keep_here(key, await fetch(deadline), generation, freshness)
        if found is not None:
            self._observer.followed(view=key.view)
            self._memory.put(key.text, found, read_at=self._clock.monotonic_seconds())
            return found
        body = await lease.lead(name, lambda: fetch(deadline))
        entry = self._keep_here(key, body, generation, freshness)
        await self._share(key, entry, kept_seconds=freshness.kept_seconds)
        await lease.release(name)
        return entry

    def _keep_here(self, key: ViewKey, body: bytes, generation: str, freshness: Freshness) -> Entry:
        now = self._clock.epoch_seconds()
        entry = Entry(
            stored_at=now,
            kept_until=now + freshness.kept_seconds,
            generation=generation,
            body=msgspec.Raw(body),
        )
        if len(body) <= VALUE_BYTES_MAX:
            self._memory.put(key.text, entry, read_at=self._clock.monotonic_seconds())
        return entry

    async def _share(self, key: ViewKey, entry: Entry, *, kept_seconds: float) -> None:
        if memoryview(entry.body).nbytes > VALUE_BYTES_MAX:
            return
        with suppress(RedisUnavailable):
            await self._shared.store(key.text, entry, kept_seconds=kept_seconds)

    async def _read_shared(self, keys: Sequence[ViewKey]) -> None:
        topic_keys = sorted({topic_key for key in keys for topic_key in _topic_keys(key)})
        reading = await self._shared.read([key.text for key in keys], topic_keys)
        now = self._clock.monotonic_seconds()
        for topic_key, generation in zip(topic_keys, reading.generations, strict=True):
            self._memory.learn_generation(topic_key, generation)
        for key, entry in zip(keys, reading.entries, strict=True):
            known = self._memory.get(key.text)
            newest = _newest(entry, known.entry if known else None)
            self._memory.put(key.text, newest, read_at=now)

    def _is_trusted(self, key: ViewKey) -> bool:
        known = self._memory.get(key.text)
        age = self._clock.monotonic_seconds() - known.read_at if known else TRUST_SECONDS
        return age < TRUST_SECONDS

    def _remembered(self, key: ViewKey) -> RememberedView | None:
        known = self._memory.get(key.text)
        if known is None or known.entry is None:
            return None
        if known.entry.kept_until < self._clock.epoch_seconds():
            self._memory.put(key.text, None, read_at=known.read_at)
            return None
        return self._as_view(key, known.entry)

    def _as_view(self, key: ViewKey, entry: Entry) -> RememberedView:
        return RememberedView(
            body=bytes(entry.body),
            age_seconds=self._age(entry),
            is_current=entry.generation == self._generation(key),
        )

    def _age(self, entry: Entry) -> float:
        """Wall clocks of instances differ a little; nothing is younger than new."""
        return max(0.0, self._clock.epoch_seconds() - entry.stored_at)

    def _generation(self, key: ViewKey) -> str:
        return "|".join(map(self._memory.generation, _topic_keys(key)))


def _newest(shared: Entry | None, own: Entry | None) -> Entry | None:
    """Return the younger one: the shared tier may have lost, or refused, what memory has."""
    if shared is None or own is None:
        return shared or own
    return shared if shared.stored_at >= own.stored_at else own


def _topic_keys(key: ViewKey) -> tuple[str, ...]:
    return _topic_keys_of(key.tenant_id, key.property_id, key.topics)


@lru_cache(maxsize=TOPIC_KEYS_MAX)
def _topic_keys_of(
    tenant_id: TenantId, property_id: PropertyId, topics: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(_topic_key(tenant_id, property_id, topic) for topic in topics)


def _topic_key(tenant_id: TenantId, property_id: PropertyId, topic: str) -> str:
    return f"generation:{tenant_id}:{property_id}:{topic}"
