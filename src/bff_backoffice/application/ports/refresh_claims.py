"""Claims of refresh proofs: a small store of its own, as no tenant is known there.

Bounded per source and in total, so that a flood of refreshes costs refresh alone and never the
sessions beside it. Fails: closed.
"""

from typing import Literal, Protocol

RefreshOutcome = Literal["claimed", "replayed", "in_flight", "full"]


class RefreshClaims(Protocol):
    """One claim per proof, one refresh under way per key."""

    async def claim(
        self, thumbprint: str, proof_identifier: str, *, source: str, now_epoch_seconds: float
    ) -> RefreshOutcome:
        """Claim the proof and the key's turn; any other outcome has changed nothing.

        Raises AccessStoreDown.
        """
        ...

    async def release(self, thumbprint: str) -> None:
        """Give the key's turn back. Never raises: the turn also ends by itself."""
        ...
