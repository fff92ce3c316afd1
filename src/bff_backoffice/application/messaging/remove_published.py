"""Published messages stay for a few days, to be looked at and sent again; then they go."""

from typing import Final

from bff_backoffice.application.ports.outbox import Outbox

ROWS_AT_ONCE: Final = 500


class RemovePublishedMessages:
    """Removes messages published more than three days ago, in small steps."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def run_once(self) -> bool:
        """Remove some; true when there are more. Raises StoreUnavailable."""
        return await self._outbox.remove_published(ROWS_AT_ONCE) == ROWS_AT_ONCE
