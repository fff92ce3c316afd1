"""What is counted of actions, in the API and in the reconciler."""

from prometheus_client import CollectorRegistry, Counter


class MutationTelemetry:
    """Implements MutationObserver. Outcomes are a closed set: our codes and states."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._mutations = Counter(
            "bff_backoffice_mutation_total",
            "Requests for actions by how they ended, and what the reconciler settled.",
            ("action", "outcome"),
            registry=registry,
        )

    def mutation_ended(self, action: str, outcome: str) -> None:
        """Count one."""
        self._mutations.labels(action, outcome).inc()
