"""Every call to another service goes through here: deadline, bulkhead, breaker, retries, identity.

What a gateway gets back is a definite answer or an UpstreamFailure whose `was_sent` is true
whenever any attempt may have reached the upstream.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bff_backoffice.application.ports.service_identity import ServiceIdentity
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.infrastructure.upstreams.breaker import BreakerState, CircuitBreaker
from bff_backoffice.infrastructure.upstreams.bulkhead import Bulkhead
from bff_backoffice.infrastructure.upstreams.messages import (
    DEADLINE_HEADER,
    UpstreamAnswer,
    UpstreamRequest,
)
from bff_backoffice.infrastructure.upstreams.policy import (
    WAIT_FOR_PLACE_SECONDS_MAX,
    WAIT_FOR_PROBE_SECONDS_MAX,
    OperationClass,
    PolicyTable,
    UpstreamName,
    UpstreamPolicy,
)
from bff_backoffice.infrastructure.upstreams.retry import (
    ATTEMPT_SECONDS_MIN,
    RetryBudget,
    retry_delay_seconds,
)
from bff_backoffice.infrastructure.upstreams.transport import Attempt, HttpTransport
from bff_backoffice.telemetry.tracing import NO_TRACER, Span, Tag, Tracer

COUNTED_BY_THE_BREAKER: Final[frozenset[FailureReason]] = frozenset(
    {"timeout", "unreachable", "reset", "error", "too_large", "malformed"}
)


class UpstreamObserver(Protocol):
    """Hears how each call ended; for metrics. Must not raise and must not wait."""

    def call_ended(self, *, upstream: str, operation: str, outcome: str, seconds: float) -> None:
        """Take one finished call: `ok`, `refused` (4xx) or a failure reason."""
        ...

    def breaker_is(self, *, upstream: str, operation: str, state: BreakerState) -> None:
        """Take the breaker's state after a call."""
        ...


class _Lane:
    """What one upstream's class of operations shares: its row, breaker, bulkhead and budget."""

    __slots__ = ("breaker", "budget", "bulkhead", "policy")

    def __init__(self, policy: UpstreamPolicy, clock: Clock) -> None:
        self.policy = policy
        self.breaker = CircuitBreaker(policy.breaker, clock)
        self.budget = RetryBudget()
        self.bulkhead = Bulkhead(
            places=policy.calls_under_way_max, waiting_max=policy.calls_waiting_max
        )

    def refusal(self) -> FailureReason | None:
        if self.breaker.would_refuse():
            return "breaker_open"
        return "bulkhead_full" if self.bulkhead.is_full else None


class UpstreamHttpClient:
    """Sends requests to the upstreams whose origins it was given. One per process."""

    def __init__(  # noqa: PLR0913 - each part is another rule of a call, all by name
        self,
        *,
        origins: Mapping[UpstreamName, str],
        policies: PolicyTable,
        identity: ServiceIdentity,
        transport: HttpTransport,
        observer: UpstreamObserver,
        clock: Clock,
        random: Callable[[], float],
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._origins = {name: origin.rstrip("/") for name, origin in origins.items()}
        self._identity = identity
        self._transport = transport
        self._observer = observer
        self._clock = clock
        self._random = random
        self._tracer = tracer
        self._lanes = {
            (upstream, operation, part): _Lane(policy, clock)
            for (upstream, operation), policy in policies.items()
            for part in (None, *policy.parts)
        }

    def refusal(
        self, upstream: UpstreamName, operation: OperationClass, part: str | None = None
    ) -> FailureReason | None:
        """Tell why a call would be refused here and now, before anything is promised for it."""
        return self._lane(upstream, operation, part).refusal()

    def breaker_states(self) -> dict[str, BreakerState]:
        """Return each breaker's state, as `upstream/operation` or `upstream/operation/part`."""
        return {
            "/".join(filter(None, key)): lane.breaker.state for key, lane in self._lanes.items()
        }

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Return a 2xx or 4xx answer, or raise UpstreamFailure.

        Repeats only what may be repeated, inside the earlier of the request's deadline and the
        policy's, while the retry budget lasts. What refuses the repeat of a mutation need not be
        what the first one reached: the first one's failure is raised, so the outcome is unknown.
        """
        lane = self._lane(request.upstream, request.operation, request.part)
        deadline = request.scope.deadline.capped(lane.policy.deadline_seconds)
        lane.budget.earn()
        retries_left = lane.policy.retries if request.may_repeat else 0
        sent_failure: UpstreamFailure | None = None
        while True:
            try:
                answer = await self._attempt(request, lane, deadline)
            except UpstreamFailure as failure:
                delay = retry_delay_seconds(
                    failure,
                    remaining_seconds=deadline.remaining_seconds(),
                    random=self._random,
                )
                if retries_left == 0 or delay is None or not lane.budget.spend():
                    if failure.was_sent or sent_failure is None:
                        raise
                    # Whatever this attempt says, an earlier one may have been acted on.
                    raise sent_failure from failure
                if failure.was_sent:
                    sent_failure = failure
            else:
                if sent_failure is None or answer.is_success or request.operation == "read":
                    return answer
                raise sent_failure
            retries_left -= 1
            await self._clock.sleep(delay)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _attempt(
        self, request: UpstreamRequest, lane: _Lane, deadline: Deadline
    ) -> UpstreamAnswer:
        """Ask breaker, bulkhead and deadline, in the order of what they cost, and send."""
        if lane.breaker.is_pausing:
            raise UpstreamFailure(upstream=request.upstream, reason="breaker_open")
        wait_seconds_max = min(WAIT_FOR_PLACE_SECONDS_MAX, deadline.remaining_seconds())
        if not await lane.bulkhead.enter(wait_seconds_max=wait_seconds_max):
            raise UpstreamFailure(upstream=request.upstream, reason="bulkhead_full")
        try:
            return await self._send_from_a_place(request, lane, deadline)
        finally:
            lane.bulkhead.leave()

    async def _send_from_a_place(
        self, request: UpstreamRequest, lane: _Lane, deadline: Deadline
    ) -> UpstreamAnswer:
        remaining = deadline.remaining_seconds()
        if remaining < ATTEMPT_SECONDS_MIN:
            raise UpstreamFailure(upstream=request.upstream, reason="deadline_spent")
        permit = await lane.breaker.ask_behind_probe(
            wait_seconds_max=min(WAIT_FOR_PROBE_SECONDS_MAX, remaining - ATTEMPT_SECONDS_MIN)
        )
        if permit is None:
            raise UpstreamFailure(upstream=request.upstream, reason="breaker_open")
        remaining = max(deadline.remaining_seconds(), ATTEMPT_SECONDS_MIN)
        started = self._clock.monotonic_seconds()
        outcome = "cancelled"
        span = self._span(request)
        try:
            attempt = self._on_the_wire(request, lane, remaining, span)
            answer = await self._transport.send(attempt)
        except UpstreamFailure as failure:
            outcome = failure.reason
            if failure.reason in COUNTED_BY_THE_BREAKER:
                permit.failed()
            raise
        else:
            outcome = "ok" if answer.is_success else "refused"
            permit.succeeded()
            return answer
        finally:
            permit.abandoned()
            self._observe(request, lane, outcome=outcome, started=started)
            if span is not None:
                _end_span(span, request, outcome)

    def _span(self, request: UpstreamRequest) -> Span | None:
        name = f"{request.upstream} {request.operation}"
        return self._tracer.child_span(name, request.scope.traceparent, kind="client")

    def _on_the_wire(
        self, request: UpstreamRequest, lane: _Lane, remaining_seconds: float, span: Span | None
    ) -> Attempt:
        return Attempt(
            upstream=request.upstream,
            method=request.method,
            url=self._origin(request.upstream) + request.path,
            query=request.query,
            headers=self._headers(request, remaining_seconds, span),
            body=request.body,
            timeout_seconds=remaining_seconds,
            answer_bytes_max=lane.policy.answer_bytes_max,
        )

    def _headers(
        self, request: UpstreamRequest, remaining_seconds: float, span: Span | None
    ) -> dict[str, str]:
        scope = request.scope
        headers = dict(request.headers or {})
        headers["Accept"] = "application/json"
        headers["Authorization"] = "Bearer " + self._identity.bearer_for(request.upstream).reveal()
        headers[DEADLINE_HEADER] = str(int(remaining_seconds * 1000))
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if scope.request_id is not None:
            headers["X-Request-Id"] = scope.request_id
        traceparent = scope.traceparent if span is None else span.traceparent
        if traceparent is not None:
            headers["traceparent"] = traceparent
        if request.forwarded_proof is not None:
            headers["DPoP"] = request.forwarded_proof
        return headers

    def _observe(
        self, request: UpstreamRequest, lane: _Lane, *, outcome: str, started: float
    ) -> None:
        self._observer.call_ended(
            upstream=request.upstream,
            operation=request.operation,
            outcome=outcome,
            seconds=self._clock.monotonic_seconds() - started,
        )
        operation = "/".join(filter(None, (request.operation, request.part)))
        self._observer.breaker_is(
            upstream=request.upstream, operation=operation, state=lane.breaker.state
        )

    def _lane(self, upstream: UpstreamName, operation: OperationClass, part: str | None) -> _Lane:
        return self._lanes[upstream, operation, part]

    def _origin(self, upstream: UpstreamName) -> str:
        return self._origins[upstream]


def _end_span(span: Span, request: UpstreamRequest, outcome: str) -> None:
    scope = request.scope
    tags: dict[Tag, str | int] = {
        "upstream": request.upstream,
        "operation": request.operation,
        "outcome": outcome,
    }
    if scope.tenant_id:
        tags["tenant.id"] = scope.tenant_id
    if scope.operator_id is not None:
        tags["operator.id"] = scope.operator_id
    span.end(tags, is_error=outcome not in ("ok", "refused"))
