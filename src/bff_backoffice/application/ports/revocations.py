"""What must stay refused, recorded where it cannot be lost. Fails: closed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bff_backoffice.foundation.identifiers import TenantId

RevocationKind = Literal["tenant", "operator", "device", "sid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Refuses every token of the subject whose `auth_time` is not later than `revoked_before`.

    A `sid` is refused by its mere presence; a suspended tenant or operator until it is lifted.
    """

    tenant_id: TenantId
    kind: RevocationKind
    subject: str
    revoked_before: datetime
    is_suspended: bool
    expires_at: datetime


class Revocations(Protocol):
    """The durable record; the session tier holds a mirror that the one script reads."""

    async def record(self, revocation: Revocation) -> None:
        """Write it; a later watermark replaces an earlier one. Raises StoreUnavailable."""
        ...

    def all_in_force(self) -> AsyncIterator[list[Revocation]]:
        """Yield every revocation that still counts, of all tenants, page by page."""
        ...


class ExpiredRevocations(Protocol):
    """The same record, for whoever keeps it small."""

    async def remove_expired(self, limit: int) -> int:
        """Remove some that no token can be refused by any more; return how many.

        Suspensions stay until they are lifted. Raises StoreUnavailable.
        """
        ...


class RevocationMirror(Protocol):
    """The session tier's copy."""

    async def mirror(self, revocations: list[Revocation]) -> None:
        """Write them into the session tier. Raises AccessStoreDown."""
        ...
