"""The view cache without tiers: one dictionary, one fetch at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import (
    Fetch,
    Freshness,
    RememberedView,
    ViewKey,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, TenantId


@dataclass(slots=True)
class _Held:
    key: ViewKey
    body: bytes
    stored_at: float
    kept_seconds: float
    is_current: bool = True


@dataclass(slots=True)
class FakeViewCache:
    """Implements ViewCache."""

    clock: Clock
    held: dict[str, _Held] = field(default_factory=dict[str, _Held])
    flights: dict[str, asyncio.Task[RememberedView]] = field(
        default_factory=dict[str, asyncio.Task[RememberedView]]
    )
    peeks: int = 0

    async def peek(
        self, keys: Sequence[ViewKey], *, timeout_seconds: float
    ) -> list[RememberedView | None]:
        self.peeks += 1
        return [self._seen(key) for key in keys]

    async def load(
        self, key: ViewKey, fetch: Fetch, *, freshness: Freshness, deadline: Deadline
    ) -> RememberedView:
        known = self._seen(key)
        if known is not None and known.is_fresh(freshness):
            return known
        flight = self._start(key, fetch, freshness)
        done, _ = await asyncio.wait({flight}, timeout=deadline.remaining_seconds())
        if not done:
            raise UpstreamFailure(upstream=key.topics[0], reason="timeout")
        return flight.result()

    def refresh(self, key: ViewKey, fetch: Fetch, *, freshness: Freshness) -> None:
        self._start(key, fetch, freshness)

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        for held in self.held.values():
            is_theirs = (held.key.tenant_id, held.key.property_id) == (tenant_id, property_id)
            if is_theirs and not set(topics).isdisjoint(held.key.topics):
                held.is_current = False
        self.flights.clear()

    async def close(self) -> None:
        for flight in self.flights.values():
            flight.cancel()
        await asyncio.gather(*self.flights.values(), return_exceptions=True)

    def _start(
        self, key: ViewKey, fetch: Fetch, freshness: Freshness
    ) -> asyncio.Task[RememberedView]:
        flight = self.flights.get(key.text)
        if flight is None:
            flight = asyncio.create_task(self._fly(key, fetch, freshness))
            flight.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.flights[key.text] = flight
        return flight

    async def _fly(self, key: ViewKey, fetch: Fetch, freshness: Freshness) -> RememberedView:
        own = self.flights.get(key.text)
        try:
            body = await fetch(Deadline.after(freshness.fetch_seconds, self.clock))
            now = self.clock.epoch_seconds()
            held = _Held(key, body, now, freshness.kept_seconds)
            held.is_current = self.flights.get(key.text) is own
            self.held[key.text] = held
            return RememberedView(body=body, age_seconds=0, is_current=held.is_current)
        finally:
            if self.flights.get(key.text) is own:
                self.flights.pop(key.text, None)

    def _seen(self, key: ViewKey) -> RememberedView | None:
        held = self.held.get(key.text)
        if held is None:
            return None
        age = self.clock.epoch_seconds() - held.stored_at
        if age > held.kept_seconds:
            return None
        return RememberedView(body=held.body, age_seconds=age, is_current=held.is_current)
