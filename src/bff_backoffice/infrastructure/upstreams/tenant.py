"""tenant-service's configuration: everything under `data`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

TENANT_DIALECT: Final = Dialect(upstream="tenant")


class _Config(msgspec.Struct, rename="camel"):
    compliance_profile: str | None
    """Null where there is none. Absent is a wrong shape: it must not read as `none`."""


class _ConfigAnswer(msgspec.Struct):
    data: _Config


_CONFIG: Final = msgspec.json.Decoder(_ConfigAnswer)


class TenantGateway:
    """Implements TenantSettings."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, TENANT_DIALECT)

    async def compliance_profile(self, scope: CallScope) -> str | None:
        """Return the tenant's compliance profile; see TenantSettings."""
        path = f"/api/v1/tenants/{scope.tenant_id}/config"
        return (await self._reader.get(path, _CONFIG, scope=scope)).data.compliance_profile
