"""What is counted and traced of actions, in the API and in the reconciler."""

from contextlib import AbstractContextManager
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.mutation import MutationOrigin
from bff_backoffice.telemetry.tracing import NO_TRACER, Tag, Tracer, spanned

LOCK_ACTIONS: Final = "lock."


class MutationTelemetry:
    """Implements MutationObserver and CommitSpans.

    Outcomes are a closed set: our codes and states.
    """

    def __init__(self, registry: CollectorRegistry, tracer: Tracer = NO_TRACER) -> None:
        self._tracer = tracer
        self._mutations = Counter(
            "bff_backoffice_mutation_total",
            "Requests for actions by how they ended, and what the reconciler settled.",
            ("action", "outcome"),
            registry=registry,
        )

    def mutation_ended(self, action: str, outcome: str) -> None:
        """Count one."""
        self._mutations.labels(action, outcome).inc()

    def commit(
        self, commit: str, action: str, scope: IdempotencyScope, origin: MutationOrigin
    ) -> AbstractContextManager[None]:
        """Show one commit in the trace of the request that asked for the action."""
        tags: dict[Tag, str | int] = {
            "mutation.action": action,
            "tenant.id": scope.tenant_id,
            "operator.id": scope.operator_id,
            "device.id": origin.device_id,
        }
        if action.startswith(LOCK_ACTIONS):
            tags["lock.action"] = action.removeprefix(LOCK_ACTIONS)
        return spanned(self._tracer, f"mutation.{commit}", origin.traceparent, tags)
