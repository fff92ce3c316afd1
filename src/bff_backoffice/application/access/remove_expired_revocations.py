"""A revocation outlives every token it could refuse by nothing: then it goes."""

from typing import Final

from bff_backoffice.application.ports.revocations import ExpiredRevocations

ROWS_AT_ONCE: Final = 500


class RemoveExpiredRevocations:
    """Removes revocations that count for nothing any more, in small steps."""

    def __init__(self, revocations: ExpiredRevocations) -> None:
        self._revocations = revocations

    async def run_once(self) -> bool:
        """Remove some; true when there are more. Raises StoreUnavailable."""
        return await self._revocations.remove_expired(ROWS_AT_ONCE) == ROWS_AT_ONCE
