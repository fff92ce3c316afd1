"""What is counted of calls to upstreams."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BREAKER_STATES: Final = ("closed", "half_open", "open")
DURATION_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.2, 1.5, 2.5)


class UpstreamTelemetry:
    """Hears from the upstream client how each call ended. Never raises, never waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "bff_backoffice_upstream_call_total",
            "Calls to upstreams by how they ended.",
            ("upstream", "operation", "outcome"),
            registry=registry,
        )
        self._duration = Histogram(
            "bff_backoffice_upstream_call_duration_seconds",
            "Time of one attempt.",
            ("upstream", "operation"),
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._breaker = Gauge(
            "bff_backoffice_circuit_breaker_state",
            "0 closed, 1 half open, 2 open.",
            ("upstream", "operation"),
            multiprocess_mode="livemax",
            registry=registry,
        )

    def call_ended(self, *, upstream: str, operation: str, outcome: str, seconds: float) -> None:
        """Count and time one attempt."""
        self._calls.labels(upstream, operation, outcome).inc()
        self._duration.labels(upstream, operation).observe(seconds)

    def breaker_is(self, *, upstream: str, operation: str, state: str) -> None:
        """Show the breaker's state."""
        self._breaker.labels(upstream, operation).set(BREAKER_STATES.index(state))
