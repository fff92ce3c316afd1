"""Where widgets get their data: what a source may cost, who shares its answer, how it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import WidgetSource
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

FRESH_SECONDS: Final = 30.0
STALE_SECONDS_MAX: Final = 600.0
"""How old a value may be that is shown while its upstream fails."""

NOT_FOUND: Final = 404

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
    kept_seconds: float = STALE_SECONDS_MAX
    outlives_changes: bool = True
    """Whether an answer from before a change may be shown, as stale, while its upstream fails."""

    @property
    def freshness(self) -> Freshness:
        """Return how long its answers last."""
        return Freshness(
            fresh_seconds=FRESH_SECONDS,
            kept_seconds=self.kept_seconds,
            fetch_seconds=self.deadline_seconds,
        )

    def may_stand_in(self, view: RememberedView) -> bool:
        """Tell whether an older answer may be shown while there is no fresh one."""
        is_young_enough = view.age_seconds <= STALE_SECONDS_MAX
        return is_young_enough and (view.is_current or self.outlives_changes)


class SourceLoader:
    """Answers of sources, shared by everybody who may see them."""

    def __init__(self, cache: ViewCache, sources: Iterable[Source] = ()) -> None:
        self._cache = cache
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
        wanted = list(names)
        views = await self._cache.peek(
            [self._key(name, scope) for name in wanted], timeout_seconds=timeout_seconds
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

        return await self._cache.load(
            self._key(name, scope), fetch, freshness=source.freshness, deadline=scope.deadline
        )

    def _key(self, name: SourceName, scope: CallScope) -> ViewKey:
        source = self._sources[name]
        shared = _scope_of(source, scope)
        if shared.property_id is None:
            raise ValueError("scope: no property")
        return ViewKey(
            view=f"dashboard.{name}",
            tenant_id=shared.tenant_id,
            property_id=shared.property_id,
            topics=source.topics,
            operator_id=shared.operator_id,
            locale=shared.locale,
        )


def bodies_of(view: RememberedView) -> Bodies:
    """Return each kind's data as it was encoded, without reading it."""
    return _BODIES.decode(view.body)


def _scope_of(source: Source, scope: CallScope) -> CallScope:
    """Take out of the call what its answer does not depend on, the operator above all."""
    shared = scope if source.name in OPERATOR_SOURCES else scope.without_operator()
    return shared if source.varies_by_locale else replace(shared, locale=None)
