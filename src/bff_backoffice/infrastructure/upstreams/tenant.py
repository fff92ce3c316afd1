"""tenant-service's configuration: everything under `data`."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.tenant_settings import TenantConfig
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

TENANT_DIALECT: Final = Dialect(upstream="tenant")


class _Property(msgspec.Struct, rename="camel"):
    property_id: str
    name: str = ""


class _Config(msgspec.Struct, rename="camel"):
    compliance_profile: str | None
    """Null where there is none. Absent is a wrong shape: it must not read as `none`."""
    properties: list[_Property] = []


class _ConfigAnswer(msgspec.Struct):
    data: _Config


_CONFIG: Final = msgspec.json.Decoder(_ConfigAnswer)


class TenantGateway:
    """Implements TenantConfigs."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, TENANT_DIALECT)

    async def config(self, scope: CallScope) -> TenantConfig:
        """Return the tenant's configuration; see TenantConfigs."""
        path = f"/api/v1/tenants/{scope.tenant_id}/config"
        found = (await self._reader.get(path, _CONFIG, scope=scope)).data
        return TenantConfig(
            compliance_profile=found.compliance_profile,
            property_names={
                TENANT_DIALECT.our_property(listed.property_id): listed.name
                for listed in found.properties
                if listed.name
            },
        )
