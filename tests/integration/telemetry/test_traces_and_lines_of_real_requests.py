"""What a collector, the logs and the metrics pages hold of real requests (R5.4, R5.5)."""

import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from tests.integration.telemetry.observed_service import BASE, ObservedService, wait_until
from tests.otlp_receiver import ReceivedSpan
from tests.running_api import Reply

from bff_backoffice.telemetry.log_events import LOG_FIELDS
from bff_backoffice.telemetry.tracing import DPOP_OUTCOMES, SPAN_TAGS

pytestmark = pytest.mark.integration

TRACES: Final = (f"{number:032x}" for number in itertools.count(0xC0FFEE))
CALLER_SPAN: Final = "00f067aa0ba902b7"
WHO: Final = ("tenant.id", "operator.id", "device.id")


def traced(
    observed: ObservedService, method: str, path: str, body: bytes | None = None, **more: str
) -> tuple[Reply, str]:
    """Call inside a trace of the caller's own; return the trace's id too."""
    trace = next(TRACES)
    reply = observed.call(method, path, body, traceparent=f"00-{trace}-{CALLER_SPAN}-01", **more)
    return reply, trace


def server_span(observed: ObservedService, trace: str) -> ReceivedSpan:
    wait_until(
        lambda: any(s.trace_id == trace and s.kind == "server" for s in observed.receiver.spans)
    )
    (span,) = [s for s in observed.receiver.in_trace(trace) if s.kind == "server"]
    return span


def test_a_request_is_one_span_with_its_tags(observed: ObservedService) -> None:
    reply, trace = traced(observed, "GET", f"{BASE}/session")
    assert reply.status == 200

    span = server_span(observed, trace)

    assert (span.name, span.parent_id) == ("GET /session", CALLER_SPAN)
    assert not span.is_error
    assert span.tags == {
        "route": "/session",
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "dpop.outcome": "accepted",
        "tenant.id": observed.tenant["id"],
        "operator.id": observed.operator["id"],
        "device.id": json.JSONDecoder().decode(reply.body.decode())["deviceId"],
    }


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"DPoP": "not-a-proof"}, "shape"),
        ({"Authorization": "Basic YTpi"}, "no_credential"),
        ({"Authorization": "DPoP a.b.c"}, "token_refused"),
    ],
)
def test_a_refusal_says_how_the_proof_fared_and_names_nobody(
    observed: ObservedService, headers: dict[str, str], outcome: str
) -> None:
    reply, trace = traced(observed, "GET", f"{BASE}/session", None, **headers)
    assert reply.status == 401

    tags = server_span(observed, trace).tags

    assert tags["dpop.outcome"] == outcome
    assert not set(WHO) & set(tags)
    assert "error.code" in tags


def test_a_proof_sent_twice_is_told_to_be_a_replay(observed: ObservedService) -> None:
    token = observed.api.token(tid=observed.tenant["id"], sub=observed.operator["id"])
    headers = observed.api.headers("GET", f"{BASE}/session", token)
    outcomes: list[object] = []
    for _ in range(2):
        trace = next(TRACES)
        observed.api.send(
            "GET",
            f"{BASE}/session",
            {**headers, "traceparent": f"00-{trace}-{CALLER_SPAN}-01"},
        )
        outcomes.append(server_span(observed, trace).tags["dpop.outcome"])

    assert outcomes == ["accepted", "replayed"]


def test_calls_to_upstreams_hang_below_the_request_and_carry_it_on(
    observed: ObservedService,
) -> None:
    reply, trace = traced(observed, "GET", f"{BASE}/arrivals?pageSize=7")
    assert reply.status in (200, 400), reply.body
    _, trace = traced(
        observed,
        "POST",
        f"{BASE}/reservations/{_arrival(observed)}/check-in",
        b"{}",
        X_Idempotency_Key="01K70000000000000000000T01",
        Content_Type="application/json",
    )

    spans = observed.receiver.in_trace(trace, at_least=4)
    server = server_span(observed, trace)
    clients = [span for span in spans if span.kind == "client"]
    commits = {span.name: span for span in spans if span.kind == "internal"}

    assert server.name == "POST /reservations/{reservation_id}/check-in"
    assert clients
    for client in clients:
        assert client.parent_id == server.span_id
        assert set(client.tags) >= {"upstream", "operation", "outcome", "tenant.id"}
        assert client.name == f"{client.tags['upstream']} {client.tags['operation']}"
    assert set(commits) == {"mutation.claim", "mutation.settle"}
    for commit in commits.values():
        assert commit.parent_id == server.span_id
        assert commit.tags["outcome"] == "done"
        assert set(commit.tags) >= {"mutation.action", *WHO}
    heard = _traceparents_heard(observed, trace)
    assert heard == {f"00-{trace}-{client.span_id}-01" for client in clients}
    _event_names_the_request(observed, server)


def _checked_in(observed: ObservedService) -> dict[str, str]:
    """Check in the first guest whose room is ready; return reservation and room."""
    for number, guest in enumerate(_arrivals(observed)):
        reply = observed.call(
            "POST",
            f"{BASE}/reservations/{guest['id']}/check-in",
            b"{}",
            X_Idempotency_Key=f"01K7000000000000000000TA{number:02d}",
            Content_Type="application/json",
        )
        if reply.status == 200:
            return guest
    raise AssertionError("no guest could be checked in")


def _arrival(observed: ObservedService) -> str:
    return _arrivals(observed)[0]["id"]


def _arrivals(observed: ObservedService) -> list[dict[str, str]]:
    ulid = observed.property_id.removeprefix("prop_")
    found = observed.simulator.upstream(
        "GET",
        f"/reservation/api/v1/reservations/arrivals?propertyId=ppt_{ulid}&limit=200",
        headers={"x-tenant-id": observed.tenant["id"]},
    )
    items: list[dict[str, str]] = found.json["items"]
    return [each for each in items if each["state"] == "confirmed" and each["roomId"]]


def _traceparents_heard(observed: ObservedService, trace: str) -> set[str]:
    """Return the traceparents of this trace that upstreams were sent."""
    calls: list[dict[str, Any]] = observed.simulator.admin("GET", "/calls").json["items"]
    return {
        found
        for call in calls
        if trace
        in (found := {k.lower(): v for k, v in call["headers"].items()}.get("traceparent", ""))
    }


def _event_names_the_request(observed: ObservedService, server: ReceivedSpan) -> None:
    context = f"00-{server.trace_id}-{server.span_id}-01".encode()
    wait_until(lambda: b'"traceId":"' + context in observed.events())


def test_a_key_for_a_door_is_traced_as_an_action_on_a_lock(observed: ObservedService) -> None:
    guest = _checked_in(observed)
    locks = observed.call("GET", f"{BASE}/locks?roomId={guest['roomId']}")
    assert locks.status == 200, locks.body
    items: Any = locks.json()["items"]  # allow-any: JSON
    now = datetime.now(UTC)  # noqa: TID251 - the process reads the machine's clock
    body = {
        "reservationId": guest["id"],
        "kind": "rfid_card",
        "validFrom": now.isoformat(),
        "validUntil": (now + timedelta(days=1)).isoformat(),
    }
    reply, trace = traced(
        observed,
        "POST",
        f"{BASE}/locks/{items[0]['id']}/issue-key",
        json.dumps(body).encode(),
        X_Idempotency_Key="01K70000000000000000000T02",
        Content_Type="application/json",
    )
    assert reply.status == 201, reply.body

    span = server_span(observed, trace)

    assert span.name == "POST /locks/{lock_id}/issue-key"
    assert span.tags["lock.action"] == "issue_key"
    commits = [each for each in observed.receiver.in_trace(trace) if each.kind == "internal"]
    assert commits
    assert {each.tags["lock.action"] for each in commits} == {"issue_key"}


def test_the_workers_rounds_are_traced_when_they_get_something_done(
    observed: ObservedService,
) -> None:
    wait_until(
        lambda: (
            {s.tags.get("job") for s in observed.receiver.spans}
            >= {"outbox-relay", "session-events"}
        )
    )
    jobs = [span for span in observed.receiver.spans if "job" in span.tags]

    assert all(span.name == f"job {span.tags['job']}" for span in jobs)
    assert {span.tags["outcome"] for span in jobs} == {"done"}
    assert "store-measure" not in {span.tags["job"] for span in jobs}


def test_every_span_has_the_tags_that_are_due_and_no_others(observed: ObservedService) -> None:
    observed.call("GET", f"{BASE}/dashboard")
    observed.call("GET", f"{BASE}/nowhere")
    wait_until(lambda: any(s.tags.get("route") == "(none)" for s in observed.receiver.spans))

    for span in observed.receiver.spans:
        assert set(span.tags) <= set(SPAN_TAGS), span
        if span.kind == "server":
            assert {"route", "dpop.outcome", "http.request.method"} <= set(span.tags), span
            assert span.tags["dpop.outcome"] in DPOP_OUTCOMES
            is_known = span.tags["dpop.outcome"] == "accepted"
            assert all((tag in span.tags) is is_known for tag in WHO), span
            is_about_a_lock = str(span.tags["route"]).endswith("/issue-key")
            assert ("lock.action" in span.tags) is is_about_a_lock, span
        elif span.kind == "client":
            assert {"upstream", "operation", "outcome"} <= set(span.tags), span


def test_every_line_of_api_and_worker_has_listed_fields_and_a_listed_event(
    observed: ObservedService,
) -> None:
    observed.call("GET", f"{BASE}/session")
    observed.api.raw(b"NONSENSE\r\n\r\n")
    seen: Counter[str] = Counter()
    for log in (observed.api.log, observed.worker_log):
        for text in log.read_text("utf-8").splitlines():
            line: dict[str, object] = json.JSONDecoder().decode(text)
            assert set(line) <= set(LOG_FIELDS), line
            assert {"at", "level", "event"} <= set(line), line
            seen[str(line["event"])] += 1

    assert seen["request.answered"] >= 2
    assert seen["worker.started"] == seen["api.started"] == 1


def test_the_pools_the_stores_and_the_requests_are_on_the_metrics_pages(
    observed: ObservedService,
) -> None:
    wait_until(
        lambda: b'dependency_up{dependency="postgres"} 1.0' in observed.metrics()["API metrics"]
    )
    pages = {name: page.decode() for name, page in observed.metrics().items()}

    for page in pages.values():
        assert 'bff_backoffice_redis_pool_inuse{tier="session"} 1.0' in page
        assert 'bff_backoffice_dependency_up{dependency="redis-cache"} 1.0' in page
        assert "bff_backoffice_postgres_pool_total " in page
    api = pages["API metrics"]
    assert (
        f'role="front_desk",route="/session",status_class="2xx",tenant_id="{observed.tenant["id"]}"'
        in api
    )
    assert 'bff_backoffice_request_inflight{route="/session"} 0.0' in api
    assert "tenant_id" not in "".join(line for line in api.splitlines() if "_bucket{" in line)
