"""The record of the session tier's generations. Fails closed."""

from datetime import UTC, datetime
from typing import Final

from bff_backoffice.application.ports.store_generations import StoreGeneration
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.infrastructure.postgres.database import Database

SESSION_TIER: Final = "session"
_OPEN: Final = "select * from bff.open_replay_generation($1, $2, $3, $4, $5)"
_CONFIRM: Final = (
    "update bff.replay_store_generation set is_marked = true"
    " where store = $1 and generation = $2 and not is_marked"
)


class PostgresStoreGenerations:
    """Implements StoreGenerations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, *, run_id: str, marker: int | None, known: int, now_epoch_seconds: float
    ) -> StoreGeneration:
        """Return the current generation, opening a new one where it must be new."""
        now = datetime.fromtimestamp(now_epoch_seconds, UTC)
        row = await self._database.fetch_row(_OPEN, SESSION_TIER, run_id, marker, known, now)
        if row is None:
            raise StoreUnavailable("no generation")
        started_at = row["started_at"]
        return StoreGeneration(
            number=row["generation"],
            run_id=row["run_id"],
            started_at_epoch_seconds=started_at.timestamp() if started_at else None,
        )

    async def confirm(self, generation: StoreGeneration) -> None:
        """Record that the store carries this generation's marker."""
        await self._database.execute(_CONFIRM, SESSION_TIER, generation.number)
