"""What is counted of views: dashboards, the cache behind them, suggestions kept back."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from bff_backoffice.telemetry.log_events import LogEvents

FIRST_LINE_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


class CacheTelemetry:
    """Hears what the view cache did. Never raises, never waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._looked_up: dict[tuple[str, bool], Counter] = {}
        self._hits = Counter(
            "bff_backoffice_cache_hit_total",
            "Views answered without an upstream.",
            ("cache",),
            registry=registry,
        )
        self._misses = Counter(
            "bff_backoffice_cache_miss_total",
            "Views fetched from upstreams.",
            ("cache",),
            registry=registry,
        )
        self._followers = Counter(
            "bff_backoffice_singleflight_followers_total",
            "Callers that waited for a fetch somebody else had started.",
            ("key_prefix",),
            registry=registry,
        )
        self._failures = Counter(
            "bff_backoffice_cache_tier_failed_total",
            "Commands that the shared tier did not answer.",
            registry=registry,
        )

    def looked_up(self, *, view: str, is_hit: bool) -> None:
        """Count one view asked for."""
        counter = self._looked_up.get((view, is_hit))
        if counter is None:
            counter = (self._hits if is_hit else self._misses).labels(view)
            self._looked_up[view, is_hit] = counter
        counter.inc()

    def followed(self, *, view: str) -> None:
        """Count one follower."""
        self._followers.labels(view).inc()

    def shared_tier_failed(self) -> None:
        """Count one command without an answer."""
        self._failures.inc()


class DashboardTelemetry:
    """Hears how dashboards went. Never raises, never waits."""

    def __init__(self, registry: CollectorRegistry, log: LogEvents) -> None:
        self._log = log
        self._settled: dict[tuple[str, str, str | None], Counter] = {}
        self._first_line = Histogram(
            "bff_backoffice_dashboard_first_line_seconds",
            "Time from the composer's start to its first line.",
            buckets=FIRST_LINE_BUCKETS,
            registry=registry,
        )
        self._widgets = Counter(
            "bff_backoffice_dashboard_widget_total",
            "Widgets by how they ended.",
            ("widget", "state", "reason"),
            registry=registry,
        )
        self._partial = Counter(
            "bff_backoffice_dashboard_partial_total",
            "Widgets that ended stale or missing.",
            registry=registry,
        )
        self._withheld = Counter(
            "bff_backoffice_suggestion_withheld_total",
            "Suggestions that a compliance profile kept back.",
            registry=registry,
        )

    def first_line_ready(self, seconds: float) -> None:
        """Time one layout."""
        self._first_line.observe(seconds)

    def widget_settled(self, *, kind: str, state: str, reason: str | None) -> None:
        """Count one widget."""
        counter = self._settled.get((kind, state, reason))
        if counter is None:
            counter = self._widgets.labels(kind, state, reason or "")
            self._settled[kind, state, reason] = counter
        counter.inc()
        if state != "fresh":
            self._partial.inc()

    def source_broke(self, *, source: str, error: Exception) -> None:
        """Log a mistake of ours: type and place, no text."""
        self._log.trouble("dashboard.source_broke", error, part=source)

    def suggestions_withheld(self, count: int) -> None:
        """Count what one answer lost to the profile."""
        self._withheld.inc(count)
