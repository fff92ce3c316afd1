"""Stored answers are personal data: gone when their day is over."""

from typing import Final

from bff_backoffice.application.ports.mutation_claims import UnsettledClaims

ROWS_AT_ONCE: Final = 500
"""Small enough that no other statement waits long for these rows."""


class RemoveExpiredAnswers:
    """Removes answers and released keys that are past their lifetime, in small steps."""

    def __init__(self, claims: UnsettledClaims) -> None:
        self._claims = claims

    async def run_once(self) -> bool:
        """Remove some; true when there are more. Raises StoreUnavailable."""
        return await self._claims.remove_expired(ROWS_AT_ONCE) == ROWS_AT_ONCE
