"""Reading the ledger of lock actions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg
import msgspec

from bff_backoffice.domain.lock_audit import GENESIS, AuditEntry, ChainHead
from bff_backoffice.foundation.identifiers import LockId, PropertyId, TenantId
from bff_backoffice.infrastructure.postgres.database import Database

PAGE_ROWS: Final = 500
_OF_LOCK: Final = "select * from bff.read_lock_audit($1, $2, $3, $4, $5)"
# Rows without a head are a chain all the same: its head is what somebody removed.
_TENANTS: Final = """
select tenant_id from bff.lock_audit_heads
union select tenant_id from bff.lock_action_proxy_audit
order by tenant_id
"""
_HEAD: Final = "select tenant_id, seq, hash from bff.lock_audit_heads where tenant_id = $1"
# The time breaks ties between rows that somebody gave one number.
_AFTER: Final = """
select * from bff.lock_action_proxy_audit
where tenant_id = $1 and (seq, recorded_at) > ($2, $3)
order by seq, recorded_at
limit $4
"""
_BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)


class PostgresLockAudits:
    """Implements LockAudits with bff_api's rights, LockAuditChains with bff_retention's."""

    fails: Final = "closed"

    def __init__(self, database: Database) -> None:
        self._database = database

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
        rows = await self._database.fetch(
            _OF_LOCK, tenant_id, property_id, lock_id, before_seq, limit
        )
        return [_entry(row) for row in rows]

    async def tenants(self) -> Sequence[str]:
        """Return who has a chain, or what is left of one."""
        return [row["tenant_id"] for row in await self._database.fetch(_TENANTS)]

    async def head(self, tenant_id: str) -> ChainHead:
        """Return where the chain ends; at 0 where there is none."""
        row = await self._database.fetch_row(_HEAD, tenant_id)
        if row is None:
            return ChainHead(tenant_id=tenant_id, seq=0, hash=GENESIS)
        return msgspec.convert(dict(row), ChainHead)

    async def after(self, tenant_id: str, entry: AuditEntry | None) -> Sequence[AuditEntry]:
        """Return the chain's next rows in order."""
        seq, recorded_at = (0, _BEFORE_ALL) if entry is None else (entry.seq, entry.recorded_at)
        rows = await self._database.fetch(_AFTER, tenant_id, seq, recorded_at, PAGE_ROWS)
        return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> AuditEntry:
    return msgspec.convert(dict(row), AuditEntry)
