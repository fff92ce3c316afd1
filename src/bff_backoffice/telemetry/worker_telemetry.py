"""Every metric of the worker, named once, and the spans of its rounds."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from bff_backoffice.telemetry.tracing import NO_TRACER, Tracer

RELAY: Final = "outbox-relay"
MOVER: Final = "session-events"
RECONCILER: Final = "reconciler"


class WorkerTelemetry:
    """Counts what the loops do. Never raises, never waits.

    A round is traced, by the sampled share, if it failed or got something done: the thousands
    that look and find nothing are not.
    """

    def __init__(self, registry: CollectorRegistry, tracer: Tracer = NO_TRACER) -> None:
        self.tracer = tracer
        self._busy: set[str] = set()
        self._round_failures = Counter(
            "bff_backoffice_worker_round_failed_total",
            "Rounds that failed, by loop.",
            ("loop",),
            registry=registry,
        )
        self._last_round = Gauge(
            "bff_backoffice_worker_last_round_timestamp_seconds",
            "When a loop last finished a round.",
            ("loop",),
            registry=registry,
        )
        self._outbox_depth = Gauge(
            "bff_backoffice_outbox_depth", "Events not published yet.", registry=registry
        )
        self._outbox_parked = Gauge(
            "bff_backoffice_outbox_parked", "Events that wait for a person.", registry=registry
        )
        self._outbox_lag = Gauge(
            "bff_backoffice_outbox_lag_seconds",
            "Age of the oldest event not published yet.",
            registry=registry,
        )
        self._published = Counter(
            "bff_backoffice_outbox_published_total", "Events published.", registry=registry
        )
        self._session_events = Counter(
            "bff_backoffice_session_event_total",
            "Session events taken from the session tier.",
            ("outcome",),
            registry=registry,
        )
        self._reconciled = Counter(
            "bff_backoffice_reconciler_claim_total",
            "Claims with an unknown outcome that were looked at.",
            ("outcome",),
            registry=registry,
        )

    def round_failed(self, loop: str, *, seconds: float = 0.0) -> None:
        """Count and trace a round that failed."""
        self._round_failures.labels(loop).inc()
        self.tracer.work_done(
            f"job {loop}", {"job": loop, "outcome": "failed"}, seconds=seconds, is_error=True
        )

    def round_done(self, loop: str, epoch_seconds: float, *, seconds: float = 0.0) -> None:
        """Remember when a loop last got through, and trace a round that got something done."""
        self._last_round.labels(loop).set(epoch_seconds)
        if loop in self._busy:
            self._busy.remove(loop)
            self.tracer.work_done(f"job {loop}", {"job": loop, "outcome": "done"}, seconds=seconds)

    def outbox_is(self, *, waiting: int, parked: int, lag_seconds: float) -> None:
        """Show what the outbox owes."""
        self._outbox_depth.set(waiting + parked)
        self._outbox_parked.set(parked)
        self._outbox_lag.set(lag_seconds)

    def published(self, events: int, *, parked: int) -> None:
        """Count published events."""
        self._note(RELAY, events + parked)
        self._published.inc(events)
        if parked:
            self._outbox_parked.inc(parked)

    def session_events(self, *, moved: int, set_aside: int) -> None:
        """Count session events."""
        self._note(MOVER, moved + set_aside)
        self._session_events.labels("moved").inc(moved)
        self._session_events.labels("unreadable").inc(set_aside)

    def reconciled(self, *, settled: int, postponed: int, parked: int) -> None:
        """Count claims looked at."""
        self._note(RECONCILER, settled + postponed + parked)
        self._reconciled.labels("settled").inc(settled)
        self._reconciled.labels("postponed").inc(postponed)
        self._reconciled.labels("parked").inc(parked)

    def _note(self, loop: str, work: int) -> None:
        if work:
            self._busy.add(loop)
