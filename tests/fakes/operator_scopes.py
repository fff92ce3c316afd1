"""tenant-service's word on operators, as told."""

import asyncio
from dataclasses import dataclass, field

from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, TenantId


@dataclass(slots=True)
class FakeOperatorScopes:
    """Implements OperatorScopes; waits while `gate` is closed, fails while there is no `scope`."""

    scope: OperatorScope | None = None
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def scope_of(
        self, tenant_id: TenantId, operator_id: OperatorId, deadline: Deadline
    ) -> OperatorScope:
        self.asked.append((tenant_id, operator_id))
        await self.gate.wait()
        if self.scope is None:
            raise UpstreamFailure(upstream="tenant", reason="timeout")
        return self.scope
