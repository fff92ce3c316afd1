"""A tenant's compliance profile, asked for once for all operators and not once for each."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.tenant_settings import TenantSettings
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.view_cache import Freshness, ViewCache, ViewKey
from bff_backoffice.foundation.deadline import Deadline

FRESH_SECONDS: Final = 60.0
"""A changed profile is in force after this at the latest; the topic `tenant` ends it at once."""


class _Remembered(msgspec.Struct, frozen=True):
    profile: str | None


_REMEMBERED: Final = msgspec.json.Decoder(_Remembered)


class SharedComplianceProfile:
    """Implements TenantSettings over the view cache. Never answers with a profile gone stale."""

    def __init__(
        self, settings: TenantSettings, cache: ViewCache, *, deadline_seconds: float
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._freshness = Freshness(
            fresh_seconds=FRESH_SECONDS, kept_seconds=FRESH_SECONDS, fetch_seconds=deadline_seconds
        )

    async def compliance_profile(self, scope: CallScope) -> str | None:
        """Return the tenant's profile, None where it has none. Raises UpstreamFailure."""
        if scope.property_id is None:
            raise ValueError("scope: no property")
        shared = scope.without_operator()

        async def fetch(deadline: Deadline) -> bytes:
            profile = await self._settings.compliance_profile(shared.within(deadline))
            return msgspec.json.encode(_Remembered(profile))

        key = ViewKey(
            view="tenant.compliance_profile",
            tenant_id=scope.tenant_id,
            property_id=scope.property_id,
            topics=("tenant",),
        )
        view = await self._cache.load(
            key, fetch, freshness=self._freshness, deadline=scope.deadline
        )
        return _REMEMBERED.decode(view.body).profile
