"""Which life of the session tier we are in, recorded where the session tier cannot lose it.

Fails: closed. Without PostgreSQL no new generation opens, and nobody is admitted meanwhile.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreGeneration:
    """One life of the store. `started_at` is None for the very first: nothing can be lost yet."""

    number: int
    run_id: str
    started_at_epoch_seconds: float | None


class StoreGenerations(Protocol):
    """The record of generations, in PostgreSQL."""

    async def open(
        self, *, run_id: str, marker: int | None, known: int, now_epoch_seconds: float
    ) -> StoreGeneration:
        """Return the generation that is current now, opening a new one where it must be new.

        `marker` is what the store says of itself, `known` what this process knew. The same
        loss seen by many processes opens one generation. Raises StoreUnavailable.
        """
        ...

    async def confirm(self, generation: StoreGeneration) -> None:
        """Record that the store carries this generation's marker. Raises StoreUnavailable."""
        ...


class SessionTierIdentity(Protocol):
    """What the session tier says of itself."""

    async def identity(self) -> tuple[str, int | None]:
        """Return the server's run id and the generation marked in it. Raises AccessStoreDown."""
        ...

    async def mark(self, generation: StoreGeneration) -> None:
        """Write the marker, unless a later one is there. Raises AccessStoreDown."""
        ...
