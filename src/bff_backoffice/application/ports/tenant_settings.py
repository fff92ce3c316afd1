"""What tenant-service says about a tenant as a whole."""

from typing import Protocol

import msgspec

from bff_backoffice.application.ports.upstream_calls import CallScope


class TenantConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's configuration, as far as it is used here."""

    compliance_profile: str | None
    property_names: dict[str, str]
    """Our property ids to names; without the properties that tenant-service does not name."""


class TenantConfigs(Protocol):
    """Tenant-service."""

    async def config(self, scope: CallScope) -> TenantConfig:
        """Return the configuration. Raises UpstreamFailure or NotFoundUpstream."""
        ...


class TenantSettings(Protocol):
    """A tenant's configuration, shared by all its operators."""

    async def compliance_profile(self, scope: CallScope) -> str | None:
        """Return the profile, None where the tenant has none. Raises UpstreamFailure."""
        ...


class KnownTenants(Protocol):
    """What is known of tenants already."""

    async def known(self, scope: CallScope, *, timeout_seconds: float) -> TenantConfig | None:
        """Return what is known and in force; None where nothing is. Waits for no upstream."""
        ...
