"""What is measured of the stores a process leans on."""

from prometheus_client import CollectorRegistry, Gauge


class StoreTelemetry:
    """Hears how the stores do. Never raises, never waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "bff_backoffice_dependency_up",
            "1 if the store answered when it was last asked.",
            ("dependency",),
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._postgres_in_use = Gauge(
            "bff_backoffice_postgres_pool_inuse",
            "Connections to PostgreSQL that are busy.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._postgres_total = Gauge(
            "bff_backoffice_postgres_pool_total",
            "Connections to PostgreSQL that there may be.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._redis_in_use = Gauge(
            "bff_backoffice_redis_pool_inuse",
            "Connections to a Redis tier that are open; all requests of a process share one.",
            ("tier",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._redis_total = Gauge(
            "bff_backoffice_redis_pool_total",
            "Connections to a Redis tier that there may be.",
            ("tier",),
            multiprocess_mode="livesum",
            registry=registry,
        )

    def dependency_is(self, dependency: str, *, is_up: bool) -> None:
        """Show whether it answered."""
        self._up.labels(dependency).set(is_up)

    def postgres_pool_is(self, in_use: int, total: int) -> None:
        """Show the pool."""
        self._postgres_in_use.set(in_use)
        self._postgres_total.set(total)

    def redis_pool_is(self, tier: str, in_use: int, total: int) -> None:
        """Show a tier's connections."""
        self._redis_in_use.labels(tier).set(in_use)
        self._redis_total.labels(tier).set(total)
