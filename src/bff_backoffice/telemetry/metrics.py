"""Every metric of the API, named once, with closed sets of label values."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DURATION_BUCKETS: Final = (
    0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.5, 5.0, 10.0,
)  # fmt: skip


class ApiMetrics:
    """The API's metrics. `tenant_id`, the only id, is on counters alone and capped."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "bff_backoffice_request_total",
            "Requests answered.",
            ("tenant_id", "route", "method", "status_class", "role"),
            registry=registry,
        )
        self.duration = Histogram(
            "bff_backoffice_request_duration_seconds",
            "Time from the request's head to the answer's end.",
            ("route", "method", "status_class"),
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self.errors = Counter(
            "bff_backoffice_errors_total",
            "Refusals and failures by code.",
            ("tenant_id", "route", "error_code"),
            registry=registry,
        )
        self._in_flight = Gauge(
            "bff_backoffice_request_inflight",
            "Requests taken in and not answered yet.",
            ("route",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._in_flight_by_route: dict[str, Gauge] = {}
        self.credential_refusals = Counter(
            "bff_backoffice_credential_refused_total",
            "Credentials refused, by reason.",
            ("reason",),
            registry=registry,
        )
        self.replays = Counter(
            "bff_backoffice_dpop_replay_blocked_total",
            "Proofs refused because they had been used before.",
            registry=registry,
        )
        self.ready = Gauge(
            "bff_backoffice_ready",
            "How many processes take requests.",
            multiprocess_mode="livesum",
            registry=registry,
        )

    def in_flight(self, route: str) -> Gauge:
        """Return the gauge of one route."""
        gauge = self._in_flight_by_route.get(route)
        if gauge is None:
            gauge = self._in_flight_by_route[route] = self._in_flight.labels(route)
        return gauge
