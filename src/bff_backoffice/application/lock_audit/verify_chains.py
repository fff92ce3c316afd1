"""Walk the chains of the lock ledger and name the first bad row of each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from bff_backoffice.application.ports.lock_audits import LockAuditChains
from bff_backoffice.domain.lock_audit import AuditEntry, BrokenLink, ChainWalk


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """What was found of one tenant's chain. `open_actions` have an intent and no outcome yet."""

    tenant_id: str
    rows: int
    open_actions: int
    broken: BrokenLink | None


class VerifyLockAudit:
    """The use case behind `bff audit verify`. Holds the open actions of one chain at a time."""

    def __init__(self, chains: LockAuditChains) -> None:
        self._chains = chains

    async def run(self, tenant_id: str | None) -> AsyncIterator[ChainVerdict]:
        """Verify one tenant's chain, or all. Raises StoreUnavailable.

        A tenant that never had a lock action has an empty chain, which is whole.
        """
        for tenant in [tenant_id] if tenant_id is not None else await self._chains.tenants():
            yield await self._verdict(tenant)

    async def _verdict(self, tenant_id: str) -> ChainVerdict:
        """Walk to the end, then read the head: it may be ahead by what was added meanwhile."""
        progress = _Progress()
        await self._walk(tenant_id, progress, up_to=None)
        head = await self._chains.head(tenant_id)
        if progress.broken is None and head.seq > progress.walk.rows:
            await self._walk(tenant_id, progress, up_to=head.seq)
        return ChainVerdict(
            tenant_id=tenant_id,
            rows=progress.walk.rows,
            open_actions=len(progress.open_actions),
            broken=progress.broken or progress.walk.end(head),
        )

    async def _walk(self, tenant_id: str, progress: "_Progress", *, up_to: int | None) -> None:
        while page := await self._chains.after(tenant_id, progress.last):
            for entry in page:
                if up_to is not None and entry.seq > up_to:
                    return
                if not progress.takes(entry):
                    return


@dataclass(slots=True)
class _Progress:
    """How far a walk has come."""

    walk: ChainWalk = field(default_factory=ChainWalk)
    open_actions: set[str] = field(default_factory=set[str])
    last: AuditEntry | None = None
    broken: BrokenLink | None = None

    def takes(self, entry: AuditEntry) -> bool:
        """Take the next row; False where the chain breaks."""
        self.broken = self.walk.take(entry)
        if self.broken is not None:
            return False
        self.last = entry
        if entry.phase == "intent":
            self.open_actions.add(entry.audit_id)
        else:
            self.open_actions.discard(entry.audit_id)
        return True
