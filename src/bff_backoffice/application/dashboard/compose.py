"""Composing a dashboard: the layout at once, each widget as it arrives, the tally last."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Protocol

from bff_backoffice.application.dashboard.composition import Composition, Outcome
from bff_backoffice.application.dashboard.lines import DashboardLine, WidgetLine
from bff_backoffice.application.dashboard.sources import Source, SourceLoader
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.application.ports.view_cache import RememberedView
from bff_backoffice.domain.dashboard import MissingReason, SourceName, widgets_for
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import DashboardId, PropertyId, new_ulid

PEEK_SECONDS_MAX: Final = 0.008
"""The first line waits for the shared cache this long at most, and for nothing else."""

REASONS: Final[dict[FailureReason, MissingReason]] = {
    "timeout": "timeout",
    "deadline_spent": "timeout",
    "unreachable": "unavailable",
    "reset": "unavailable",
    "error": "unavailable",
    "breaker_open": "unavailable",
    "bulkhead_full": "unavailable",
    "too_large": "invalid",
    "malformed": "invalid",
    "wrong_shape": "invalid",
    "rejected": "refused",
}


class DashboardObserver(Protocol):
    """Hears how dashboards went; for metrics and logs. Must not raise and must not wait."""

    def first_line_ready(self, seconds: float) -> None:
        """Take how long the layout took."""
        ...

    def widget_settled(self, *, kind: str, state: str, reason: MissingReason | None) -> None:
        """Take how one widget ended."""
        ...

    def source_broke(self, *, source: str, error: Exception) -> None:
        """Take a mistake of ours: an error that no upstream is to blame for."""
        ...


class ComposeDashboard:
    """Composes dashboards. Holds nothing of a request once its stream has ended."""

    def __init__(self, *, loader: SourceLoader, observer: DashboardObserver, clock: Clock) -> None:
        self._loader = loader
        self._observer = observer
        self._clock = clock

    async def stream(
        self,
        principal: Principal,
        *,
        property_id: PropertyId,
        facts: RequestFacts,
        deadline: Deadline,
    ) -> AsyncGenerator[DashboardLine, None]:
        """Yield layout, widgets and summary. Never raises for an upstream's sake.

        Closing it ends the waiting; fetches under way go on for the cache.
        """
        started_at = self._clock.monotonic_seconds()
        scope = _scope(principal, property_id, facts, deadline)
        widgets = widgets_for(principal.roles)
        names: list[SourceName] = [widget.source for widget in widgets]
        sources: dict[SourceName, Source] = {
            name: self._loader.source(name) for name in dict.fromkeys(names)
        }
        made = Composition(
            dashboard_id=DashboardId("dsh_" + new_ulid(self._clock)),
            widgets=widgets,
            now=self._clock.now(),
            remembered=await self._loader.remembered(
                sources, scope, timeout_seconds=PEEK_SECONDS_MAX
            ),
        )
        self._observer.first_line_ready(self._clock.monotonic_seconds() - started_at)
        yield made.layout(sources)
        async with aclosing(self._widgets(made, sources, scope)) as lines:
            async for line in lines:
                self._observer.widget_settled(kind=line.kind, state=line.state, reason=line.reason)
                yield line
        yield made.summary(self._clock.monotonic_seconds() - started_at)

    async def _widgets(
        self, made: Composition, sources: dict[SourceName, Source], scope: CallScope
    ) -> AsyncGenerator[WidgetLine, None]:
        """Yield what is fresh already, then the rest in the order of arrival."""
        hits: dict[SourceName, RememberedView] = {
            name: view
            for name, view in made.remembered.items()
            if view.is_fresh(sources[name].freshness)
        }
        waiting = {
            asyncio.create_task(self._load(source, scope), name=f"dashboard {name}")
            for name, source in sources.items()
            if name not in hits
        }
        try:
            for name, view in hits.items():
                for line in made.hit(sources[name], view):
                    yield line
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    for line in made.arrived(task.result()):
                        yield line
        finally:
            await _end(waiting)

    async def _load(self, source: Source, scope: CallScope) -> Outcome:
        """Wait for one source, no longer than its own deadline and the request's."""
        started_at = self._clock.monotonic_seconds()
        deadline = scope.deadline.capped(source.deadline_seconds)
        view = None
        reason: MissingReason = "failed"
        try:
            view = await self._loader.load(source.name, scope.within(deadline))
        except UpstreamFailure as failure:
            reason = REASONS[failure.reason]
        except Exception as error:  # noqa: BLE001 - a mistake in one source costs its widgets only
            self._observer.source_broke(source=source.name, error=error)
        seconds = self._clock.monotonic_seconds() - started_at
        return Outcome(source=source, seconds=seconds, view=view, reason=reason)


def _scope(
    principal: Principal, property_id: PropertyId, facts: RequestFacts, deadline: Deadline
) -> CallScope:
    return CallScope(
        tenant_id=principal.tenant_id,
        property_id=property_id,
        operator_id=principal.operator_id,
        locale=principal.locale,
        deadline=deadline,
        request_id=facts.request_id,
        traceparent=facts.traceparent,
    )


async def _end(waiting: set[asyncio.Task[Outcome]]) -> None:
    """Stop waiting, for good: no task outlives the stream that started it."""
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
