"""What tenant-service says about a tenant as a whole."""

from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope


class TenantSettings(Protocol):
    """A tenant's configuration."""

    async def compliance_profile(self, scope: CallScope) -> str | None:
        """Return the profile, None where the tenant has none. Raises UpstreamFailure."""
        ...
