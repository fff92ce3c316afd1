"""Reading the ledger of lock actions. Fails: closed; all methods raise StoreUnavailable."""

from collections.abc import Sequence
from typing import Protocol

from bff_backoffice.domain.lock_audit import AuditEntry, ChainHead
from bff_backoffice.foundation.identifiers import LockId, PropertyId, TenantId


class LockAudits(Protocol):
    """The ledger as an operator of the tenant may see it."""

    async def of_lock(
        self,
        tenant_id: TenantId,
        property_id: PropertyId,
        lock_id: LockId,
        *,
        before_seq: int | None,
        limit: int,
    ) -> Sequence[AuditEntry]:
        """Return a lock's rows, newest first."""
        ...


class LockAuditChains(Protocol):
    """The ledger as whoever verifies it sees it: all tenants."""

    async def tenants(self) -> Sequence[str]:
        """Return who has a chain, or what is left of one."""
        ...

    async def head(self, tenant_id: str) -> ChainHead:
        """Return where the chain ends; at 0 where there is none."""
        ...

    async def after(self, tenant_id: str, entry: AuditEntry | None) -> Sequence[AuditEntry]:
        """Return the chain's next rows in order; from the start without an entry."""
        ...
