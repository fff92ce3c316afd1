"""What one request leaves behind, seen where it is told."""

import io
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_path import principal
from tests.otlp_receiver import OtlpReceiver, otlp_receiver

from bff_backoffice.domain.idempotency import IdempotencyScope
from bff_backoffice.domain.mutation import MutationOrigin
from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.identifiers import IdempotencyKey, RequestId
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry
from bff_backoffice.telemetry.otlp_tracing import OtlpTracer, otlp_exporter
from bff_backoffice.telemetry.request_telemetry import RequestTelemetry

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Told:
    """Request telemetry on a collector of its own."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self.receiver = receiver
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.tracer = OtlpTracer(
            otlp_exporter(receiver.endpoint),
            instance="test-1",
            sampled_share=0.0,
            random=lambda: 0.5,
            clock=self.clock,
        )
        self.requests = RequestTelemetry(
            metrics=ApiMetrics(self.registry),
            log=LogEvents(self.clock, io.StringIO()),
            tracer=self.tracer,
        )
        self.facts = RequestFacts(
            request_id=RequestId("req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
            traceparent=SAMPLED,
            received_at=self.clock.now(),
            app_version=None,
            app_platform=None,
        )

    def in_flight(self, route: str) -> float | None:
        return self.registry.get_sample_value("bff_backoffice_request_inflight", {"route": route})


@pytest.fixture
def told() -> Iterator[Told]:
    with otlp_receiver() as receiver:
        yield Told(receiver)


def test_a_client_that_hung_up_leaves_a_span_and_nothing_in_flight(told: Told) -> None:
    request = told.requests.began(SAMPLED)
    request.routed("/session", "GET", is_proof_due=True)
    during = told.in_flight("/session")
    request.client_gone(None)
    told.tracer.close()

    (span,) = told.receiver.spans
    assert span.tags == {
        "route": "/session",
        "http.request.method": "GET",
        "dpop.outcome": "not_decided",
        "outcome": "client_gone",
    }
    assert (during, told.in_flight("/session")) == (1, 0)


def test_a_mistake_of_ours_is_an_error_of_the_span(told: Told) -> None:
    request = told.requests.began(SAMPLED)
    request.routed("/session", "GET", is_proof_due=True)
    request.failed(ValueError("Zarmina"), told.facts, None)
    request.answered(status=500, seconds=0.1, facts=told.facts, caller=None)
    told.tracer.close()

    (span,) = told.receiver.spans
    assert span.is_error
    assert span.tags["error.code"] == "internal.error"
    assert b"Zarmina" not in b"".join(told.receiver.bodies)


def test_a_request_about_a_lock_says_which_action_it_was(told: Told) -> None:
    request = told.requests.began(SAMPLED)
    request.routed("/locks/{id}/issue-key", "POST", is_proof_due=True, lock_action="issue_key")
    request.answered(status=201, seconds=0.1, facts=told.facts, caller=principal())
    told.tracer.close()

    assert told.receiver.spans[0].tags["lock.action"] == "issue_key"


@pytest.mark.parametrize(
    ("action", "lock_action"), [("lock.issue_key", "issue_key"), ("reservation.check_in", None)]
)
def test_a_commit_about_a_lock_says_which_action_it_is_for(
    told: Told, action: str, lock_action: str | None
) -> None:
    caller = principal()
    origin = MutationOrigin(
        request_id=told.facts.request_id,
        traceparent=SAMPLED,
        path="/x",
        device_id=caller.device_id,
        session_id=caller.session_id,
        app_version=None,
        app_platform=None,
        received_at=told.clock.now(),
    )
    scope = IdempotencyScope(
        tenant_id=caller.tenant_id,
        operator_id=caller.operator_id,
        key=IdempotencyKey("01HZX8QJ5T9W2V4Y6B8D0F2H7P"),
    )
    with MutationTelemetry(told.registry, told.tracer).commit("claim", action, scope, origin):
        pass
    told.tracer.close()

    (span,) = told.receiver.spans
    assert span.tags.get("lock.action") == lock_action
    assert span.tags["device.id"] == caller.device_id
