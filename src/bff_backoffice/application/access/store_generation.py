"""Keeping replay protection whole when the session tier has lost what it knew.

A wiped store, or a promoted replica that lags, has forgotten claims: proofs spent there would
pass once more. So each life of the store is a generation with a start time T, recorded in
PostgreSQL. In any but the very first, a proof counts only if it was signed after T plus the
tolerated clock lead, or carries a nonce issued after T. Anyone else signs once more with a
nonce: recovery costs one retry, never a minute of refusals.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.nonces import Nonces
from bff_backoffice.application.ports.store_generations import (
    SessionTierIdentity,
    StoreGeneration,
    StoreGenerations,
)
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.security.dpop_proof import VerifiedProof
from bff_backoffice.security.errors import NonceDemanded

WAIT_SECONDS_MAX: Final = 5.0
"""How long a request waits for an opening that is under way."""
OPENING_SECONDS_MAX: Final = 300.0
"""How long an opening may take: it brings back every revocation there is, page by page."""

ReloadRevocations = Callable[[], Awaitable[None]]


class CurrentGeneration:
    """Knows the generation; opens the next one, once, when the store turns out to be another."""

    def __init__(
        self,
        generations: StoreGenerations,
        tier: SessionTierIdentity,
        nonces: Nonces,
        clock: Clock,
        *,
        reload_revocations: ReloadRevocations,
        ahead_seconds_max: int,
    ) -> None:
        self._generations = generations
        self._tier = tier
        self._nonces = nonces
        self._clock = clock
        self._reload_revocations = reload_revocations
        self._ahead_seconds_max = ahead_seconds_max
        self._current: StoreGeneration | None = None
        self._known = 0
        self._opening: asyncio.Task[StoreGeneration] | None = None

    @property
    def run_id(self) -> str | None:
        """The server run that the current generation belongs to, if one is known."""
        return self._current.run_id if self._current else None

    def forget(self) -> None:
        """Trust nothing known of the store: it turned out to be another run of the server."""
        self._current = None

    async def number(self) -> int:
        """Return the current generation's number, opening one at first use."""
        current = self._current or await self.reopen()
        return current.number

    async def reopen(self) -> StoreGeneration:
        """Find out which generation this is. Raises AccessStoreUnavailable.

        The opening goes on when nobody waits any more: were it to begin anew with each request,
        a store with many revocations to bring back would never open again.
        """
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open(), name="store-generation")
            self._opening.add_done_callback(_take_note_of_failure)
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                return await asyncio.shield(self._opening)
        except (AccessStoreDown, StoreUnavailable, TimeoutError) as error:
            raise AccessStoreUnavailable from error

    async def close(self) -> None:
        """End an opening that is still under way."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)

    def refuse_proof_from_before(self, proof: VerifiedProof) -> None:
        """Raise NonceDemanded if the proof may have been spent in an earlier generation."""
        started_at = self._current.started_at_epoch_seconds if self._current else None
        if started_at is None or proof.issued_at > started_at + self._ahead_seconds_max:
            return
        now = self._clock.epoch_seconds()
        if proof.nonce is not None:
            issued_at = self._nonces.issued_at(proof.nonce, proof.thumbprint, now)
            if issued_at is not None and issued_at > started_at:
                return
        raise NonceDemanded(self._nonces.issue(proof.thumbprint, now))

    async def _open(self) -> StoreGeneration:
        async with asyncio.timeout(OPENING_SECONDS_MAX):
            run_id, marker = await self._tier.identity()
            generation = await self._generations.open(
                run_id=run_id,
                marker=marker,
                known=self._known,
                now_epoch_seconds=self._clock.epoch_seconds(),
            )
            if marker != generation.number:
                # Nobody is admitted before the marker is there, so nobody slips through
                # while the revocations are still on their way back.
                await self._reload_revocations()
                await self._tier.mark(generation)
            await self._generations.confirm(generation)
            self._current = generation
            self._known = generation.number
            return generation


def _take_note_of_failure(opening: asyncio.Task[StoreGeneration]) -> None:
    """Whoever waited has been told; an opening nobody waited for any more fails in silence."""
    if not opening.cancelled():
        opening.exception()
