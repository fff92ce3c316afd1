"""Asking tenant-service in the background what an operator may do now.

No request waits for it: a session works on its token's own roles until the answer is there,
and the answer can only narrow them.
"""

import asyncio
from typing import Final

from bff_backoffice.application.ports.access_store import AccessStore, AccessStoreDown
from bff_backoffice.application.ports.operator_scopes import OperatorScopes
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, TenantId

ASK_SECONDS_MAX: Final = 2.0
ASK_AGAIN_SECONDS: Final = 2.0
UNDER_WAY_MAX: Final = 64
REMEMBERED_MAX: Final = 4096


class ResolveOperatorScopes:
    """Starts at most one question per operator, and not again right after a failure."""

    def __init__(self, scopes: OperatorScopes, store: AccessStore, clock: Clock) -> None:
        self._scopes = scopes
        self._store = store
        self._clock = clock
        self._under_way: dict[tuple[TenantId, OperatorId], asyncio.Task[None]] = {}
        self._asked_at: dict[tuple[TenantId, OperatorId], float] = {}

    def start(self, tenant_id: TenantId, operator_id: OperatorId) -> None:
        """Ask, unless that is under way, was done just now, or too much is under way."""
        who = (tenant_id, operator_id)
        now = self._clock.monotonic_seconds()
        if who in self._under_way or len(self._under_way) >= UNDER_WAY_MAX:
            return
        if now - self._asked_at.get(who, -ASK_AGAIN_SECONDS) < ASK_AGAIN_SECONDS:
            return
        if len(self._asked_at) >= REMEMBERED_MAX:
            self._asked_at.pop(next(iter(self._asked_at)))
        self._asked_at[who] = now
        task = asyncio.create_task(self._ask(tenant_id, operator_id), name="operator-scope")
        self._under_way[who] = task
        task.add_done_callback(lambda _: self._under_way.pop(who, None))

    async def close(self) -> None:
        """End the questions that are still under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, tenant_id: TenantId, operator_id: OperatorId) -> None:
        deadline = Deadline.after(ASK_SECONDS_MAX, self._clock)
        try:
            scope = await self._scopes.scope_of(tenant_id, operator_id, deadline)
            await self._store.put_scope(tenant_id, operator_id, scope)
        except (UpstreamFailure, AccessStoreDown):
            return  # The next request asks again; until then reads go on unresolved.
