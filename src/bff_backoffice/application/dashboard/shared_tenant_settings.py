"""A tenant's configuration, asked for once for all operators and not once for each."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.tenant_settings import TenantConfig, TenantConfigs
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.view_cache import Fetch, Freshness, ViewCache, ViewKey
from bff_backoffice.foundation.deadline import Deadline

FRESH_SECONDS: Final = 60.0
"""A changed profile is in force after this at the latest; the topic `tenant` ends it at once."""

_CONFIG: Final = msgspec.json.Decoder(TenantConfig)


class SharedTenantSettings:
    """Implements TenantSettings and KnownTenants over the view cache. Never answers a stale one."""

    def __init__(
        self, configs: TenantConfigs, cache: ViewCache, *, deadline_seconds: float
    ) -> None:
        self._configs = configs
        self._cache = cache
        self._freshness = Freshness(
            fresh_seconds=FRESH_SECONDS, kept_seconds=FRESH_SECONDS, fetch_seconds=deadline_seconds
        )

    async def compliance_profile(self, scope: CallScope) -> str | None:
        """Return the tenant's profile, None where it has none. Raises UpstreamFailure."""
        view = await self._cache.load(
            _key(scope), self._fetch(scope), freshness=self._freshness, deadline=scope.deadline
        )
        return _CONFIG.decode(view.body).compliance_profile

    async def known(self, scope: CallScope, *, timeout_seconds: float) -> TenantConfig | None:
        """Return the configuration if it is at hand; else ask for it behind the caller's back."""
        key = _key(scope)
        (view,) = await self._cache.peek([key], timeout_seconds=timeout_seconds)
        if view is None or not view.is_fresh(self._freshness):
            self._cache.refresh(key, self._fetch(scope), freshness=self._freshness)
            return None
        return _CONFIG.decode(view.body)

    def _fetch(self, scope: CallScope) -> Fetch:
        shared = scope.without_operator()

        async def fetch(deadline: Deadline) -> bytes:
            return msgspec.json.encode(await self._configs.config(shared.within(deadline)))

        return fetch


def _key(scope: CallScope) -> ViewKey:
    if scope.property_id is None:
        raise ValueError("scope: no property")
    return ViewKey(
        view="tenant.config",
        tenant_id=scope.tenant_id,
        property_id=scope.property_id,
        topics=("tenant",),
    )
