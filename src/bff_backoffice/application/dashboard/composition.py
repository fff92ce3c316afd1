"""One dashboard under way: what was remembered, what has ended and how. Waits for nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from bff_backoffice.application.dashboard.lines import (
    LayoutLine,
    LayoutWidget,
    SummaryLine,
    WidgetLine,
)
from bff_backoffice.application.dashboard.sources import Bodies, Source, bodies_of
from bff_backoffice.application.ports.view_cache import RememberedView
from bff_backoffice.domain.business_day import BusinessDay, business_day
from bff_backoffice.domain.dashboard import CacheMark, MissingReason, SourceName, Widget
from bff_backoffice.domain.dashboard_views import PropertyDay
from bff_backoffice.foundation.identifiers import DashboardId

_PROPERTY_DAY: Final = msgspec.json.Decoder(PropertyDay)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one source ended: a fresh answer, or why there is none."""

    source: Source
    seconds: float = 0.0
    view: RememberedView | None = None
    reason: MissingReason = "failed"


@dataclass(slots=True, kw_only=True)
class Composition:
    """The widgets of one dashboard, and its tally."""

    dashboard_id: DashboardId
    widgets: tuple[Widget, ...]
    now: datetime
    remembered: dict[SourceName, RememberedView]
    day: BusinessDay = field(init=False)
    counts: dict[str, int] = field(default_factory=lambda: {"fresh": 0, "stale": 0, "missing": 0})
    upstreams: dict[str, int] = field(default_factory=dict[str, int])
    bodies: dict[SourceName, Bodies] = field(init=False)
    """Of what was remembered, taken apart once for all the widgets of a source."""

    def __post_init__(self) -> None:
        self.bodies = {name: bodies_of(view) for name, view in self.remembered.items()}
        self.day = self._day_told_by(self.remembered.get("property"))

    def layout(self, sources: dict[SourceName, Source]) -> LayoutLine:
        """Return the first line: every widget, with what is remembered of it."""
        return LayoutLine(
            dashboard_id=self.dashboard_id,
            business_date=self.day.business_date,
            business_date_source=self.day.business_date_source,
            widgets=tuple(
                self._as_remembered(widget, sources[widget.source]) for widget in self.widgets
            ),
        )

    def hit(self, source: Source, view: RememberedView) -> Iterator[WidgetLine]:
        """Yield the lines of widgets whose remembered value is fresh."""
        return self._settle(Outcome(source=source, view=view), "HIT")

    def arrived(self, outcome: Outcome) -> Iterator[WidgetLine]:
        """Yield the lines of one source's widgets, and count what it took."""
        upstream = outcome.source.topics[0]
        took = milliseconds(outcome.seconds)
        self.upstreams[upstream] = max(took, self.upstreams.get(upstream, 0))
        if outcome.view is not None and outcome.source.name == "property":
            self.day = self._day_told_by(outcome.view)
        return self._settle(outcome, "MISS")

    def summary(self, seconds: float) -> SummaryLine:
        """Return the last line."""
        return SummaryLine(
            fresh=self.counts["fresh"],
            stale=self.counts["stale"],
            missing=self.counts["missing"],
            duration_ms=milliseconds(seconds),
            upstreams=self.upstreams,
            business_date=self.day.business_date,
            business_date_source=self.day.business_date_source,
        )

    def _settle(self, outcome: Outcome, mark: CacheMark) -> Iterator[WidgetLine]:
        view, is_fresh = outcome.view, outcome.view is not None
        older = self.remembered.get(outcome.source.name)
        if view is None and older is not None and outcome.source.may_stand_in(older):
            view, mark = older, "STALE"
        bodies = self._bodies(outcome.source.name, view)
        for widget in self.widgets:
            if widget.source != outcome.source.name:
                continue
            data = bodies.get(widget.kind)
            if view is not None and data is not None:
                line = _shown(widget, mark, view, data, is_fresh=is_fresh)
            else:
                reason = outcome.reason if view is None else "not_configured"
                line = _missing(widget, mark, reason)
            self.counts[line.state] += 1
            yield line

    def _as_remembered(self, widget: Widget, source: Source) -> LayoutWidget:
        view = self.remembered.get(widget.source)
        data = self._bodies(widget.source, view).get(widget.kind)
        if view is None or data is None or not source.may_stand_in(view):
            return LayoutWidget(
                id=widget.kind, kind=widget.kind, audience=widget.audience, state="pending"
            )
        return LayoutWidget(
            id=widget.kind,
            kind=widget.kind,
            audience=widget.audience,
            state="fresh" if view.is_fresh(source.freshness) else "stale",
            age_ms=milliseconds(view.age_seconds),
            data=data,
        )

    def _bodies(self, name: SourceName, view: RememberedView | None) -> Bodies:
        if view is None:
            return {}
        return self.bodies[name] if view is self.remembered.get(name) else bodies_of(view)

    def _day_told_by(self, view: RememberedView | None) -> BusinessDay:
        body = self._bodies("property", view).get("property_day")
        return business_day(
            _PROPERTY_DAY.decode(body) if body is not None else None,
            age_seconds=view.age_seconds if view is not None else 0.0,
            now=self.now,
        )


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds."""
    return round(seconds * 1000)


def _missing(widget: Widget, mark: CacheMark, reason: MissingReason) -> WidgetLine:
    return WidgetLine(id=widget.kind, kind=widget.kind, state="missing", cache=mark, reason=reason)


def _shown(
    widget: Widget,
    mark: CacheMark,
    view: RememberedView,
    data: msgspec.Raw,
    *,
    is_fresh: bool,
) -> WidgetLine:
    return WidgetLine(
        id=widget.kind,
        kind=widget.kind,
        state="fresh" if is_fresh else "stale",
        cache=mark,
        age_ms=milliseconds(view.age_seconds),
        data=data,
    )
