"""Refusing what was let in: committed in PostgreSQL first, then mirrored where requests look."""

from dataclasses import dataclass

from bff_backoffice.application.ports.revocations import (
    Revocation,
    RevocationMirror,
    Revocations,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Records revocations and brings the mirror up to date."""

    revocations: Revocations
    mirror: RevocationMirror

    async def __call__(self, revocation: Revocation) -> None:
        """Record it durably, then mirror it. Raises StoreUnavailable or AccessStoreDown."""
        await self.revocations.record(revocation)
        await self.mirror.mirror([revocation])

    async def reload(self) -> None:
        """Bring everything that still counts back into a session tier that lost it."""
        async for page in self.revocations.all_in_force():
            await self.mirror.mirror(page)
