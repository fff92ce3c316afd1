"""Spans as a collector gets them: whose trace, which tags, and what a lost collector costs."""

import io
import json
import logging
import time
from collections.abc import Iterator
from typing import get_args

import pytest
from tests.fakes.manual_clock import ManualClock
from tests.otlp_receiver import OtlpReceiver, otlp_receiver

from bff_backoffice.security.errors import ProofReason
from bff_backoffice.telemetry.library_log import LibraryLog
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.otlp_tracing import (
    CLOSE_SECONDS_MAX,
    OtlpTracer,
    otlp_exporter,
)
from bff_backoffice.telemetry.tracing import (
    DPOP_OUTCOMES,
    DPOP_REFUSALS,
    NO_TRACER,
    SPAN_TAGS,
    Tag,
    dpop_outcome,
    is_sampled,
    spanned,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as listening:
        yield listening


class Traced:
    """A tracer whose random number the test chooses."""

    def __init__(self, endpoint: str, *, drawn: float = 0.5, share: float = 0.1) -> None:
        self.clock = ManualClock()
        self.drawn = drawn
        self.tracer = OtlpTracer(
            otlp_exporter(endpoint),
            instance="test-1",
            sampled_share=share,
            random=lambda: self.drawn,
            clock=self.clock,
        )


@pytest.mark.parametrize(("drawn", "is_kept"), [(0.0, True), (0.09, True), (0.1, False)])
def test_the_share_decides_where_the_caller_sent_no_trace(
    receiver: OtlpReceiver, drawn: float, *, is_kept: bool
) -> None:
    traced = Traced(receiver.endpoint, drawn=drawn)

    span = traced.tracer.request_span(None)

    assert (span is not None) is is_kept
    traced.tracer.close()


@pytest.mark.parametrize("drawn", [0.0, 0.99])
def test_a_callers_own_trace_is_kept_as_that_caller_says(
    receiver: OtlpReceiver, drawn: float
) -> None:
    traced = Traced(receiver.endpoint, drawn=drawn)

    kept = traced.tracer.request_span(SAMPLED)
    assert kept is not None
    kept.end({"route": "/x"}, name="GET /x")

    assert traced.tracer.request_span(UNSAMPLED) is None
    traced.tracer.close()
    (span,) = receiver.spans
    assert (span.trace_id, span.parent_id) == (TRACE, "00f067aa0ba902b7")
    assert (span.name, span.kind, span.tags) == ("GET /x", "server", {"route": "/x"})


def test_what_is_passed_on_names_the_span_itself(receiver: OtlpReceiver) -> None:
    traced = Traced(receiver.endpoint, drawn=0.0)
    parent = traced.tracer.request_span(None)
    assert parent is not None
    child = traced.tracer.child_span("reservation read", parent.traceparent, kind="client")
    assert child is not None
    traced.clock.advance(0.25)
    child.end({"outcome": "timeout"}, is_error=True)
    parent.end({})
    traced.tracer.close()

    received = {span.kind: span for span in receiver.spans}
    client, server = received["client"], received["server"]
    assert parent.traceparent == f"00-{server.trace_id}-{server.span_id}-01"
    assert (client.trace_id, client.parent_id) == (server.trace_id, server.span_id)
    assert child.traceparent.split("-")[2] == client.span_id
    assert client.is_error
    assert not server.is_error
    assert client.nanoseconds == pytest.approx(250_000_000, abs=1000)
    assert server.parent_id == ""


@pytest.mark.parametrize("parent", [None, UNSAMPLED])
def test_nothing_is_recorded_below_a_trace_that_is_not_kept(
    receiver: OtlpReceiver, parent: str | None
) -> None:
    traced = Traced(receiver.endpoint, drawn=0.0)

    assert traced.tracer.child_span("x", parent, kind="client") is None
    with spanned(traced.tracer, "x", parent, {}):
        pass
    assert NO_TRACER.child_span("x", SAMPLED, kind="client") is None
    traced.tracer.close()
    assert receiver.spans == []


def test_work_that_failed_says_so_and_its_error_passes(receiver: OtlpReceiver) -> None:
    traced = Traced(receiver.endpoint)

    with spanned(traced.tracer, "mutation.claim", SAMPLED, {"mutation.action": "check_in"}):
        pass
    with (
        pytest.raises(ZeroDivisionError),
        spanned(traced.tracer, "mutation.settle", SAMPLED, {}),
    ):
        raise ZeroDivisionError("Ahmad Khan")
    traced.tracer.close()

    claim, settle = receiver.spans
    assert claim.tags == {"mutation.action": "check_in", "outcome": "done"}
    assert (settle.tags, settle.is_error) == ({"outcome": "failed"}, True)
    assert b"Ahmad" not in b"".join(receiver.bodies)


def test_work_nobody_asked_for_is_kept_by_the_share(receiver: OtlpReceiver) -> None:
    traced = Traced(receiver.endpoint, drawn=0.05)
    traced.tracer.work_done("job relay", {"job": "relay"}, seconds=0.5)
    traced.drawn = 0.5
    traced.tracer.work_done("job relay", {"job": "relay"}, seconds=0.5)
    traced.tracer.close()

    (span,) = receiver.spans
    assert span.nanoseconds == pytest.approx(500_000_000, abs=1000)


@pytest.mark.parametrize("name", ["token", "guest.name", "path", "http.target", "Route"])
def test_a_tag_that_is_not_on_the_list_is_a_mistake(receiver: OtlpReceiver, name: Tag) -> None:
    traced = Traced(receiver.endpoint, drawn=0.0)
    span = traced.tracer.request_span(None)
    assert span is not None

    with pytest.raises(TypeError, match="not on the list"):
        span.end({name: "value"})

    traced.tracer.close()
    assert name not in SPAN_TAGS
    assert b"value" not in b"".join(receiver.bodies)


def test_a_long_value_is_cut(receiver: OtlpReceiver) -> None:
    traced = Traced(receiver.endpoint, drawn=0.0)
    span = traced.tracer.request_span(None)
    assert span is not None
    span.end({"route": "x" * 5000})
    traced.tracer.close()

    assert receiver.spans[0].tags["route"] == "x" * 128


def test_a_collector_that_refuses_is_complained_of_in_our_own_words(
    receiver: OtlpReceiver,
) -> None:
    receiver.status = 400
    stream, library = io.StringIO(), logging.getLogger("opentelemetry")
    heard = LibraryLog(LogEvents(ManualClock(), stream), ManualClock())
    library.addHandler(heard)
    traced = Traced(receiver.endpoint, drawn=0.0)
    span = traced.tracer.request_span(None)
    assert span is not None
    span.end({})
    traced.tracer.close()
    library.removeHandler(heard)

    (line,) = [json.JSONDecoder().decode(each) for each in stream.getvalue().splitlines()]
    assert line["event"] == "library.complained"
    assert line["part"].startswith("opentelemetry.")
    assert set(line) == {"at", "level", "event", "part", "count"}


def test_no_collector_at_all_delays_an_end_by_a_moment_at_most() -> None:
    traced = Traced("http://127.0.0.1:1/v1/traces", drawn=0.0)
    for _ in range(5000):
        span = traced.tracer.request_span(None)
        assert span is not None
        span.end({})

    started = time.monotonic()
    traced.tracer.close()

    assert time.monotonic() - started < 2 * CLOSE_SECONDS_MAX


@pytest.mark.parametrize(
    ("flags", "kept"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)]
)
def test_the_last_bit_of_the_flags_says_whether_a_trace_is_kept(flags: str, *, kept: bool) -> None:
    assert is_sampled(UNSAMPLED[:-2] + flags) is kept


def test_the_words_for_a_refused_proof_are_the_verifiers() -> None:
    assert frozenset(get_args(ProofReason)) == DPOP_REFUSALS


@pytest.mark.parametrize(
    ("code", "reason", "is_due", "expected"),
    [
        ("proof.invalid", "replayed", True, "replayed"),
        ("proof.invalid", "htu", True, "htu"),
        ("proof.invalid", "made up by somebody", True, "claim"),
        ("proof.nonce_demanded", "nonce_demanded", True, "nonce_demanded"),
        ("credential.missing", "missing", True, "no_credential"),
        ("credential.malformed", "token_in_query", True, "token_refused"),
        ("token.invalid", "signature", True, "token_refused"),
        ("session.revoked", "session_revoked", True, "session_revoked"),
        ("access.store_unavailable", None, True, "not_decided"),
        ("request.body_too_large", None, True, "not_decided"),
        ("route.not_found", None, False, "not_due"),
        (None, None, False, "not_due"),
    ],
)
def test_every_request_has_one_word_for_its_proof(
    code: str | None, reason: str | None, expected: str, *, is_due: bool
) -> None:
    word = dpop_outcome(is_accepted=False, is_due=is_due, code=code, reason=reason)

    assert word == expected
    assert word in DPOP_OUTCOMES
    accepted = dpop_outcome(is_accepted=True, is_due=is_due, code=code, reason=reason)
    assert accepted == "accepted"
