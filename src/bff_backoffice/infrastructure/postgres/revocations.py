"""Revocations in PostgreSQL, where they are committed before anything else knows of them."""

from collections.abc import AsyncIterator
from typing import Final

from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.foundation.identifiers import TenantId
from bff_backoffice.infrastructure.postgres.database import Database

PAGE_ROWS: Final = 1000
_RECORD: Final = "select bff.record_revocation($1, $2, $3, $4, $5, $6)"
_REMOVE_EXPIRED: Final = """
delete from bff.revocations
where ctid = any (array(
    select ctid from bff.revocations
    where expires_at < clock_timestamp() and not suspended
    order by expires_at
    limit $1
))
"""
_RELOAD: Final = "select * from bff.reload_revocations($1, $2, $3, $4)"


class PostgresRevocations:
    """Implements Revocations and, with the worker's role, ExpiredRevocations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, revocation: Revocation) -> None:
        """Write it; a later watermark replaces an earlier one."""
        await self._database.execute(
            _RECORD,
            revocation.tenant_id,
            revocation.kind,
            revocation.subject,
            revocation.revoked_before,
            revocation.is_suspended,
            revocation.expires_at,
        )

    async def all_in_force(self) -> AsyncIterator[list[Revocation]]:
        """Yield every revocation that still counts, page by page."""
        after = ("", "", "")
        while True:
            rows = await self._database.fetch(_RELOAD, *after, PAGE_ROWS)
            if not rows:
                return
            yield [
                Revocation(
                    tenant_id=TenantId(row["tenant_id"]),
                    kind=row["kind"],
                    subject=row["subject"],
                    revoked_before=row["revoked_before"],
                    is_suspended=row["suspended"],
                    expires_at=row["expires_at"],
                )
                for row in rows
            ]
            last = rows[-1]
            after = (last["tenant_id"], last["kind"], last["subject"])

    async def remove_expired(self, limit: int) -> int:
        """Remove some that no token can be refused by any more; return how many."""
        return await self._database.execute(_REMOVE_EXPIRED, limit)
