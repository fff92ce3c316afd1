"""Where widgets get their data: what a source may cost, who shares its answer, how it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from bff_backoffice.application.dashboard.suggestion_views import profile_in_force
from bff_backoffice.application.ports.dashboard_sources import WidgetSource
from bff_backoffice.application.ports.tenant_settings import (
    KnownTenants,
    TenantConfig,
    TenantSettings,
)
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import (
    Freshness,
    RememberedView,
    ViewCache,
    ViewKey,
)
from bff_backoffice.domain.dashboard import OPERATOR_SOURCES, SourceName
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId

FRESH_SECONDS: Final = 30.0
STALE_SECONDS_MAX: Final = 600.0
"""How old a value may be that is shown while its upstream fails."""

NOT_FOUND: Final = 404
KEYS_MAX: Final = 8192

Bodies = dict[str, msgspec.Raw]
_BODIES: Final = msgspec.json.Decoder(Bodies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One row. `topics` are the upstreams asked, the one that answers for it first."""

    name: SourceName
    topics: tuple[str, ...]
    read: WidgetSource
    deadline_seconds: float
    varies_by_locale: bool = False
    varies_by_profile: bool = False
    """Whether the tenant's compliance profile is in the key; a loader with `tenants` knows it."""
    kept_seconds: float = STALE_SECONDS_MAX
    outlives_changes: bool = True
    """Whether an answer from before a change may be shown, as stale, while its upstream fails."""

    freshness: Freshness = field(init=False)
    """How long its answers last."""

    def __post_init__(self) -> None:
        freshness = Freshness(
            fresh_seconds=FRESH_SECONDS,
            kept_seconds=self.kept_seconds,
            fetch_seconds=self.deadline_seconds,
        )
        object.__setattr__(self, "freshness", freshness)

    def may_stand_in(self, view: RememberedView) -> bool:
        """Tell whether an older answer may be shown while there is no fresh one."""
        is_young_enough = view.age_seconds <= STALE_SECONDS_MAX
        return is_young_enough and (view.is_current or self.outlives_changes)


class TenantProfiles(TenantSettings, KnownTenants, Protocol):
    """The tenant's compliance profile, asked for and as far as it is known."""


class SourceLoader:
    """Answers of sources, shared by everybody who may see them."""

    def __init__(
        self,
        cache: ViewCache,
        sources: Iterable[Source] = (),
        *,
        tenants: TenantProfiles | None = None,
    ) -> None:
        self._cache = cache
        self._tenants = tenants
        self._sources: dict[SourceName, Source] = {source.name: source for source in sources}

    def add(self, source: Source) -> None:
        """Add a source that is itself made of other sources."""
        self._sources[source.name] = source

    def source(self, name: SourceName) -> Source:
        """Return the row."""
        return self._sources[name]

    async def remembered(
        self, names: Iterable[SourceName], scope: CallScope, *, timeout_seconds: float
    ) -> dict[SourceName, RememberedView]:
        """Return what is remembered of these sources; waits for no upstream, never raises."""
        wanted: list[SourceName] = list(names)
        profile = None
        if any(self._sources[name].varies_by_profile for name in wanted):
            config = await self._known_config(scope, timeout_seconds=timeout_seconds / 2)
            profile = config.compliance_profile if config else None
            if config is None:  # Under which profile to look is not known either.
                wanted = [name for name in wanted if not self._sources[name].varies_by_profile]
        views = await self._cache.peek(
            [self._key(name, scope, profile) for name in wanted], timeout_seconds=timeout_seconds
        )
        return {name: view for name, view in zip(wanted, views, strict=True) if view is not None}

    async def load(self, name: SourceName, scope: CallScope) -> RememberedView:
        """Return a fresh answer by the scope's deadline. Raises UpstreamFailure."""
        source = self._sources[name]
        call_scope = _scope_of(source, scope)

        async def fetch(deadline: Deadline) -> bytes:
            try:
                views = await source.read(call_scope.within(deadline))
            except NotFoundUpstream as not_found:
                raise UpstreamFailure(
                    upstream=source.topics[0], reason="rejected", status=NOT_FOUND
                ) from not_found
            return msgspec.json.encode(views)

        profile = None
        if source.varies_by_profile and self._tenants is not None:
            profile = await profile_in_force(self._tenants, scope)
        return await self._cache.load(
            self._key(name, scope, profile),
            fetch,
            freshness=source.freshness,
            deadline=scope.deadline,
        )

    async def _known_config(
        self, scope: CallScope, *, timeout_seconds: float
    ) -> TenantConfig | None:
        if self._tenants is None:
            return None
        return await self._tenants.known(scope, timeout_seconds=timeout_seconds)

    def _key(self, name: SourceName, scope: CallScope, profile: str | None) -> ViewKey:
        source = self._sources[name]
        if scope.property_id is None:
            raise ValueError("scope: no property")
        return _view_key(
            name,
            scope.tenant_id,
            scope.property_id,
            source.topics,
            scope.operator_id if name in OPERATOR_SOURCES else None,
            scope.locale if source.varies_by_locale else None,
            (profile or "none") if source.varies_by_profile else None,
        )


@lru_cache(maxsize=KEYS_MAX)
def _view_key(  # noqa: PLR0913, PLR0917 - the parts of a key; by place, for the memo's sake
    name: SourceName,
    tenant_id: TenantId,
    property_id: PropertyId,
    topics: tuple[str, ...],
    operator_id: OperatorId | None,
    locale: str | None,
    profile: str | None,
) -> ViewKey:
    """Return the key, the same one each time: a dashboard looks up a dozen of them."""
    return ViewKey(
        view=f"dashboard.{name}",
        tenant_id=tenant_id,
        property_id=property_id,
        topics=topics,
        operator_id=operator_id,
        locale=locale,
        compliance_profile=profile,
    )


def bodies_of(view: RememberedView) -> Bodies:
    """Return each kind's data as it was encoded, without reading it."""
    return _BODIES.decode(view.body)


def _scope_of(source: Source, scope: CallScope) -> CallScope:
    """Take out of the call what its answer does not depend on, the operator above all."""
    shared = scope if source.name in OPERATOR_SOURCES else scope.without_operator()
    return shared if source.varies_by_locale else replace(shared, locale=None)
