"""What is counted and logged of a request."""

from dataclasses import dataclass

from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics

UNROUTED = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTelemetry:
    """Counts and logs; never raises for what a client sent."""

    metrics: ApiMetrics
    log: LogEvents

    def refused(self, route: str, error: ServiceError) -> None:
        """Count a refusal, and a credential's refusal by its reason."""
        self.metrics.errors.labels(route or UNROUTED, error.code).inc()
        reason = getattr(error, "reason", None)
        if isinstance(reason, str):
            self.metrics.credential_refusals.labels(reason).inc()
            if reason == "replayed":
                self.metrics.replays.inc()

    def failed(self, route: str, facts: RequestFacts, error: BaseException) -> None:
        """Count and log a mistake of ours."""
        self.metrics.errors.labels(route or UNROUTED, "internal.error").inc()
        self.log.request_failed(
            error, route=route or UNROUTED, requestId=facts.request_id, traceId=facts.trace_id
        )

    def answered(
        self,
        *,
        route: str,
        method: str,
        status: int,
        seconds: float,
        facts: RequestFacts,
        caller: Principal | None,
    ) -> None:
        """Count, time and log an answer."""
        name = route or UNROUTED
        method_label = method if route else "(any)"
        status_class = f"{status // 100}xx"
        self.metrics.requests.labels(name, method_label, status_class).inc()
        self.metrics.duration.labels(name, method_label, status_class).observe(seconds)
        who = (
            {
                "tenantId": caller.tenant_id,
                "operatorId": caller.operator_id,
                "deviceId": caller.device_id,
            }
            if caller
            else {}
        )
        self.log.request_answered(
            route=name,
            method=method_label,
            status=status,
            durationMs=round(seconds * 1000, 2),
            requestId=facts.request_id,
            traceId=facts.trace_id,
            **who,
        )
