"""What is counted, logged and traced of a request."""

from dataclasses import dataclass, field

from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.telemetry.caller_labels import TenantLabels, role_label
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.tracing import (
    NO_TRACER,
    Span,
    Tag,
    Tracer,
    dpop_outcome,
)

UNROUTED = "(none)"
ANY_METHOD = "(any)"
INTERNAL_ERROR = "internal.error"
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTelemetry:
    """Counts, logs and traces; never raises for what a client sent."""

    metrics: ApiMetrics
    log: LogEvents
    tracer: Tracer = NO_TRACER
    tenants: TenantLabels = field(default_factory=TenantLabels)

    def began(self, caller_traceparent: str | None) -> "RequestUnderWay":
        """Take a request in; its trace is the caller's where it sent a valid one."""
        return RequestUnderWay(self, self.tracer.request_span(caller_traceparent))


class RequestUnderWay:
    """What becomes known of one request; ends with `answered` or `client_gone`."""

    __slots__ = (
        "_error_code",
        "_is_proof_due",
        "_lock_action",
        "_method",
        "_reason",
        "_route",
        "_span",
        "_tell",
    )

    def __init__(self, telemetry: RequestTelemetry, span: Span | None) -> None:
        self._tell = telemetry
        self._span = span
        self._route = UNROUTED
        self._method = ANY_METHOD
        self._is_proof_due = False
        self._lock_action: str | None = None
        self._error_code: str | None = None
        self._reason: object = None

    @property
    def traceparent(self) -> str | None:
        """The request's own context, to be passed on; None where its trace is not sampled."""
        return None if self._span is None else self._span.traceparent

    def routed(
        self, route: str, method: str, *, is_proof_due: bool, lock_action: str | None = None
    ) -> None:
        """Take the route's template: nothing of a request without one becomes a label."""
        self._lock_action = lock_action
        self._route = route
        self._method = method
        self._is_proof_due = is_proof_due
        self._tell.metrics.in_flight(route).inc()

    def refused(self, error: ServiceError, caller: Principal | None) -> None:
        """Count a refusal, and a credential's refusal by its reason."""
        metrics = self._tell.metrics
        self._error_code = error.code
        metrics.errors.labels(self._tenant(caller), self._route, error.code).inc()
        reason = getattr(error, "reason", None)
        if isinstance(reason, str):
            self._reason = reason
            metrics.credential_refusals.labels(reason).inc()
            if reason == "replayed":
                metrics.replays.inc()

    def failed(self, error: BaseException, facts: RequestFacts, caller: Principal | None) -> None:
        """Count and log a mistake of ours."""
        self._error_code = INTERNAL_ERROR
        self._tell.metrics.errors.labels(self._tenant(caller), self._route, INTERNAL_ERROR).inc()
        self._tell.log.request_failed(
            error, route=self._route, requestId=facts.request_id, traceId=facts.trace_id
        )

    def answered(
        self, *, status: int, seconds: float, facts: RequestFacts, caller: Principal | None
    ) -> None:
        """Count, time, log and trace the answer."""
        metrics, route, method = self._tell.metrics, self._route, self._method
        status_class = f"{status // 100}xx"
        metrics.requests.labels(
            self._tenant(caller), route, method, status_class, role_label(caller)
        ).inc()
        metrics.duration.labels(route, method, status_class).observe(seconds)
        who = (
            {
                "tenantId": caller.tenant_id,
                "operatorId": caller.operator_id,
                "deviceId": caller.device_id,
            }
            if caller
            else {}
        )
        self._tell.log.request_answered(
            route=route,
            method=method,
            status=status,
            durationMs=round(seconds * 1000, 2),
            requestId=facts.request_id,
            traceId=facts.trace_id,
            **who,
        )
        self._leave()
        if self._span is not None:
            self._end_span(self._span, status, caller)

    def client_gone(self, caller: Principal | None) -> None:
        """End it without an answer: nobody is there to take one."""
        self._leave()
        if self._span is not None:
            self._end_span(self._span, None, caller)

    def _end_span(self, span: Span, status: int | None, caller: Principal | None) -> None:
        tags: dict[Tag, str | int] = {
            "route": self._route,
            "http.request.method": self._method,
            "dpop.outcome": dpop_outcome(
                is_accepted=caller is not None,
                is_due=self._is_proof_due,
                code=self._error_code,
                reason=self._reason,
            ),
        }
        if status is None:
            tags["outcome"] = "client_gone"
        else:
            tags["http.response.status_code"] = status
        if self._error_code is not None:
            tags["error.code"] = self._error_code
        if self._lock_action is not None:
            tags["lock.action"] = self._lock_action
        if caller is not None:
            tags["tenant.id"] = caller.tenant_id
            tags["operator.id"] = caller.operator_id
            tags["device.id"] = caller.device_id
        span.end(
            tags,
            name=f"{self._method} {self._route}",
            is_error=self._error_code == INTERNAL_ERROR or (status or 0) >= SERVER_ERROR,
        )

    def _tenant(self, caller: Principal | None) -> str:
        return self._tell.tenants.label(caller)

    def _leave(self) -> None:
        if self._route is not UNROUTED:
            self._tell.metrics.in_flight(self._route).dec()
