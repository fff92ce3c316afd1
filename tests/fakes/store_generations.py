"""The record of generations in memory, with the rules of the database function."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bff_backoffice.application.ports.store_generations import StoreGeneration
from bff_backoffice.application.ports.unavailable import StoreUnavailable


@dataclass(slots=True)
class FakeStoreGenerations:
    """Implements StoreGenerations."""

    current: StoreGeneration | None = None
    is_marked: bool = False
    is_down: bool = False
    opened: int = 0
    opening_takes_time: Callable[[], None] = lambda: None

    async def open(
        self, *, run_id: str, marker: int | None, known: int, now_epoch_seconds: float
    ) -> StoreGeneration:
        if self.is_down:
            raise StoreUnavailable
        self.opened += 1
        if self.current is None:
            self.current = StoreGeneration(number=1, run_id=run_id, started_at_epoch_seconds=None)
        current = self.current
        is_lost = marker != current.number and current.number <= known
        is_record_behind = marker is not None and marker > current.number
        is_lost_unseen = marker is None and known == 0 and self.is_marked
        if current.run_id != run_id or is_record_behind or is_lost or is_lost_unseen:
            self.current = StoreGeneration(
                number=max(current.number, marker or 0) + 1,
                run_id=run_id,
                started_at_epoch_seconds=now_epoch_seconds,
            )
            self.is_marked = False
            self.opening_takes_time()
        return replace(self.current)

    async def confirm(self, generation: StoreGeneration) -> None:
        if self.is_down:
            raise StoreUnavailable
        if self.current is not None and generation.number == self.current.number:
            self.is_marked = True
