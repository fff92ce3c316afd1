"""tenant-service's word on an operator: `{"data": {…}}`, property ids as `ppt_`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId
from bff_backoffice.infrastructure.upstreams.answers import read_typed
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamRequest

ACTIVE: Final = "active"
NOTHING: Final = OperatorScope(roles=frozenset(), property_ids=frozenset())


class _ScopedProperty(msgspec.Struct, frozen=True, rename="camel"):
    property_id: str


class _OperatorRole(msgspec.Struct, frozen=True, rename="camel"):
    state: str
    roles: list[str]
    property_scope: list[_ScopedProperty]


class _OperatorRoleAnswer(msgspec.Struct, frozen=True):
    data: _OperatorRole


_DECODER: Final = msgspec.json.Decoder(_OperatorRoleAnswer)


class TenantOperatorScopes:
    """Implements OperatorScopes."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._client = client

    async def scope_of(
        self, tenant_id: TenantId, operator_id: OperatorId, deadline: Deadline
    ) -> OperatorScope:
        """Return roles and properties; a suspended or unknown member has none of either."""
        request = UpstreamRequest(
            upstream="tenant",
            operation="read",
            method="GET",
            path=f"/api/v1/tenants/{tenant_id}/operators/{operator_id}/role",
            scope=CallScope(
                tenant_id=tenant_id,
                property_id=None,
                deadline=deadline,
                operator_id=operator_id,
            ),
            headers={"X-Tenant-Id": tenant_id},
        )
        try:
            role = (await read_typed(self._client, request, _DECODER)).data
        except NotFoundUpstream:
            return NOTHING
        if role.state != ACTIVE:
            return NOTHING
        return OperatorScope(
            roles=frozenset(role.roles),
            property_ids=frozenset(
                PropertyId(scoped.property_id.replace("ppt_", "prop_", 1))
                for scoped in role.property_scope
            ),
        )
