"""What was done with one lock, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from bff_backoffice.application.ports.cursors import Cursors
from bff_backoffice.application.ports.lock_audits import LockAudits
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.lock import LockNotFound
from bff_backoffice.domain.lock_audit import AuditEntry
from bff_backoffice.domain.mutation import MutationStoreUnavailable
from bff_backoffice.domain.principal import Principal
from bff_backoffice.domain.workbench import CursorRefused
from bff_backoffice.foundation.identifiers import LockId, PropertyId, is_identifier

__all__ = ["AuditEntry", "AuditPage", "ReadLockAudit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """One page of the ledger."""

    entries: Sequence[AuditEntry]
    next_cursor: str | None


class ReadLockAudit:
    """The use case behind `GET /locks/{id}/audit`."""

    def __init__(self, audits: LockAudits, cursors: Cursors) -> None:
        self._audits = audits
        self._cursors = cursors

    async def run(
        self,
        caller: Principal,
        *,
        property_id: PropertyId,
        lock_id: str,
        limit: int,
        cursor: str | None,
    ) -> AuditPage:
        """Return one page; empty for a lock nothing was done with, and for any other's.

        Raises LockNotFound for what is no lock's id, CursorRefused or MutationStoreUnavailable.
        """
        if not is_identifier(lock_id, "lck"):
            raise LockNotFound
        bound_to = f"lock-audit {caller.tenant_id} {property_id} {lock_id}"
        before_seq = None
        if cursor is not None:
            place = self._cursors.open(cursor, bound_to=bound_to)
            if place is None:
                raise CursorRefused(fields=(("cursor", "invalid"),))
            before_seq = int(place)
        try:
            found = await self._audits.of_lock(
                caller.tenant_id,
                property_id,
                LockId(lock_id),
                before_seq=before_seq,
                limit=limit + 1,
            )
        except StoreUnavailable as error:
            raise MutationStoreUnavailable(retry_after_seconds=2) from error
        entries = found[:limit]
        next_cursor = None
        if len(found) > limit:
            next_cursor = self._cursors.seal(str(entries[-1].seq), bound_to=bound_to)
        return AuditPage(entries=entries, next_cursor=next_cursor)
