"""iam's signing keys as this process knows them: fresh where possible, old for a while if not.

- looked up again every REFRESH_SECONDS, in the background, one fetch at a time;
- an unknown `kid` asks once more, but not more often than COOL_DOWN_SECONDS, so that a flood
  of made-up `kid`s costs iam nothing;
- without iam the last good set serves for OUTAGE_SECONDS, counted from when it was fetched,
  also by another instance; then nobody's token can be checked (503);
- a newer set replaces the older one whole: a key that iam removed is not revived.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bff_backoffice.application.access.refusals import SigningKeysUnavailable
from bff_backoffice.application.ports.signing_keys import (
    SigningKeySource,
    SigningKeyStore,
    StoredKeySet,
)
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.security.errors import TokenRefused
from bff_backoffice.security.signing_keys import NotAKeySet, SigningKeySet, parse_key_set
from bff_backoffice.security.verification_key import VerificationKey

REFRESH_SECONDS: Final = 5 * 60
OUTAGE_SECONDS: Final = 60 * 60
COOL_DOWN_SECONDS: Final = 10


class SigningKeys:
    """Answers `key_for`; call `load` before ready and `close` at the end."""

    def __init__(
        self,
        source: SigningKeySource,
        store: SigningKeyStore,
        clock: Clock,
        *,
        on_change: Callable[[], None],
        refused_prefix: str | None,
    ) -> None:
        """Take where keys come from; `on_change` is called when a key is gone or new.

        Keys whose `kid` starts with `refused_prefix` are not taken (None takes all): the
        sandbox's keys must not open a real house.
        """
        self._source = source
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._refused_prefix = refused_prefix
        self._keys = SigningKeySet({})
        self._fetched_at = 0.0
        self._asked_at = -float("inf")
        self._fetching: asyncio.Task[None] | None = None

    @property
    def are_loaded(self) -> bool:
        """Tell whether tokens can be checked at all."""
        return bool(self._keys.by_identifier) and self._age() < OUTAGE_SECONDS

    async def load(self) -> None:
        """Fetch the keys, or take the last good set from the store. Never raises for outages."""
        await self._fetch_once()

    async def key_for(self, key_identifier: str) -> VerificationKey:
        """Return the key. Raises TokenRefused (unknown) or SigningKeysUnavailable."""
        key = self._keys.by_identifier.get(key_identifier)
        age = self._age()
        if key is not None and age < REFRESH_SECONDS:
            return key
        if key is not None and age < OUTAGE_SECONDS:
            self._start_fetch()
            return key
        await self._fetch_once()
        if not self.are_loaded:
            raise SigningKeysUnavailable
        key = self._keys.by_identifier.get(key_identifier)
        if key is None:
            raise TokenRefused("kid")
        return key

    def keep_fresh(self) -> bool:
        """Start a fetch where one is due; tell whether tokens can be checked meanwhile.

        Called where no key is asked for: without it an instance with only remembered tokens
        would go on with a key that iam has removed, and one that started without iam would
        never become ready, as nobody sends it a token before it is.
        """
        if self._age() >= REFRESH_SECONDS:
            self._start_fetch()
        return self.are_loaded

    async def close(self) -> None:
        """End a fetch that is still under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _age(self) -> float:
        return self._clock.epoch_seconds() - self._fetched_at

    async def _fetch_once(self) -> None:
        """Wait for the fetch under way, or start one unless that was tried just now."""
        fetch = self._start_fetch()
        if fetch is not None:
            await asyncio.shield(fetch)

    def _start_fetch(self) -> asyncio.Task[None] | None:
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._clock.monotonic_seconds() - self._asked_at < COOL_DOWN_SECONDS:
            return None
        self._asked_at = self._clock.monotonic_seconds()
        self._fetching = asyncio.create_task(self._fetch(), name="signing-keys")
        return self._fetching

    async def _fetch(self) -> None:
        """Take iam's set; without one, and with none left that is young enough, the stored."""
        started_at = self._clock.epoch_seconds()
        try:
            document = await self._source.fetch()
        except UpstreamFailure:
            document = b""
        fetched = StoredKeySet(document=document, fetched_at_epoch_seconds=started_at)
        is_taken = self._take(fetched)
        try:
            if is_taken:
                await self._store.save(fetched)
            elif not self.are_loaded:
                stored = await self._store.latest()
                if stored is not None:
                    self._take(stored)
        except StoreUnavailable:
            return

    def _take(self, stored: StoredKeySet) -> bool:
        """Use this set if it is readable and not older than the one in use."""
        if stored.fetched_at_epoch_seconds < self._fetched_at:
            return False
        try:
            keys = parse_key_set(stored.document)
        except NotAKeySet:
            return False
        taken = {
            identifier: key
            for identifier, key in keys.by_identifier.items()
            if self._refused_prefix is None or not identifier.startswith(self._refused_prefix)
        }
        if not taken:
            return False
        has_changed = {name: key.thumbprint for name, key in taken.items()} != {
            name: key.thumbprint for name, key in self._keys.by_identifier.items()
        }
        self._keys = SigningKeySet(taken)
        self._fetched_at = stored.fetched_at_epoch_seconds
        if has_changed:
            self._on_change()
        return True
