"""The admin port: whom it refuses, what the call log shows and hides, events, state."""

import hashlib
import json

import pytest
from tests.integration.simulator.conftest import Hotel, sign_in
from tests.integration.simulator.proof_key import ProofKey
from tests.integration.simulator.simulator_process import (
    BFF_REFRESH_URL,
    CLIENT_ORIGIN,
    Json,
    SimulatorProcess,
)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_host_is_refused(simulator: SimulatorProcess, host: str) -> None:
    reply = simulator.admin("GET", "/calls", headers={"host": host})

    assert reply.status in {400, 421}
    assert b"items" not in reply.body


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_json_is_refused(
    simulator: SimulatorProcess, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"content-type": media_type}
    body = json.dumps({"upstream": "iam", "fault": {"kind": "hang"}}).encode()

    reply = simulator.request(simulator.ports[2], "POST", "/faults", body=body, headers=headers)

    assert reply.status == 415
    assert simulator.admin("GET", "/faults").json["items"] == []


def test_a_reset_sent_by_a_web_page_does_nothing(simulator: SimulatorProcess) -> None:
    simulator.iam("GET", "/healthz")
    reply = simulator.request(
        simulator.ports[2], "POST", "/reset", headers={"origin": CLIENT_ORIGIN}
    )

    assert reply.status == 403
    assert "access-control-allow-origin" not in reply.headers
    assert simulator.admin("GET", "/calls").json["items"] != []


def test_no_page_gets_leave_to_ask(simulator: SimulatorProcess) -> None:
    headers = {"origin": CLIENT_ORIGIN, "access-control-request-method": "POST"}

    reply = simulator.admin("OPTIONS", "/faults", headers=headers)

    assert reply.status == 403
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_the_call_log_shows_calls_and_hides_credentials(
    simulator: SimulatorProcess, clerk: Json
) -> None:
    simulator.admin("DELETE", "/calls")
    signed_in = sign_in(simulator, clerk)
    proof = signed_in.key.proof("POST", BFF_REFRESH_URL)
    headers = {"authorization": f"Bearer {simulator.identity}", "dpop": proof}
    simulator.iam(
        "POST", "/api/v1/auth/refresh", {"refreshToken": signed_in.refresh_token}, headers
    )

    reply = simulator.admin("GET", "/calls?upstream=iam")

    login_call, refresh_call = reply.json["items"]
    assert (login_call["method"], login_call["path"]) == ("POST", "/api/v1/auth/login")
    assert login_call["status"] == refresh_call["status"] == 200
    assert refresh_call["headers"]["dpop"] == digest(proof)
    assert refresh_call["headers"]["authorization"] == digest(f"Bearer {simulator.identity}")
    assert refresh_call["body"] == {"refreshToken": digest(signed_in.refresh_token)}
    for secret in (simulator.identity, signed_in.refresh_token, clerk["password"], proof):
        assert secret.encode() not in reply.body


def digest(secret: str) -> str:
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def test_calls_can_be_asked_for_since_a_time(simulator: SimulatorProcess, kabul: Hotel) -> None:
    kabul.arrivals()
    last = simulator.admin("GET", "/calls").json["items"][-1]["at"]

    since = simulator.admin("GET", f"/calls?since={last}").json["items"]

    assert since
    assert all(item["at"] >= last for item in since)


def test_an_event_is_published_in_its_upstreams_envelope(simulator: SimulatorProcess) -> None:
    tenant = simulator.tenants()[0]["id"]
    wanted = {
        "iam": ("subject", "payload"),
        "tenant": ("type", "data"),
        "property": ("eventType", "data"),
        "billing": ("type", "data"),
        "staff": ("eventType", "payload"),
    }
    for upstream, (type_member, body_member) in wanted.items():
        body = {
            "upstream": upstream,
            "subject": f"melmastoon.{upstream}.tested.v1",
            "tenantId": tenant,
            "payload": {"x": 1},
        }
        event_id = simulator.admin("POST", "/events", body).json["id"]

        newest = simulator.admin("GET", f"/events?upstream={upstream}").json["items"][0]
        event: Json = json.JSONDecoder().decode(newest["event"])
        assert event[type_member] == body["subject"]
        assert event[body_member] == {"x": 1}
        assert event_id in {event.get("eventId"), event.get("id")}


def test_a_whole_event_is_published_as_it_is(simulator: SimulatorProcess) -> None:
    event = {"eventId": "evt_own", "anything": [1]}

    reply = simulator.admin("POST", "/events", {"upstream": "sync", "event": event, "copies": 2})

    items = simulator.admin("GET", "/events?upstream=sync").json["items"]
    assert reply.json == {"id": "evt_own"}
    assert [json.JSONDecoder().decode(item["event"]) for item in items] == [event, event]


@pytest.mark.parametrize(
    "body",
    [
        {"upstream": "nobody", "subject": "x"},
        {"upstream": "iam"},
        {"upstream": "iam", "subject": "x", "payload": 7},
        {"upstream": "iam", "subject": "x", "tenantId": "somebody"},
        {"upstream": "iam", "event": "text"},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(simulator: SimulatorProcess, body: Json) -> None:
    before = simulator.admin("GET", "/events").json

    assert simulator.admin("POST", "/events", body).status == 400
    assert simulator.admin("GET", "/events").json == before


def test_a_session_can_be_revoked(simulator: SimulatorProcess, clerk: Json) -> None:
    session_id = sign_in(simulator, clerk, ProofKey()).answer["sessionId"]

    assert simulator.admin("POST", f"/iam/sessions/{session_id}/revoke", {}).status == 204

    assert simulator.admin("GET", f"/state/iam/{session_id}").json["state"] == "revoked"
    assert simulator.admin("POST", "/iam/sessions/ses_nobody/revoke", {}).status == 404


def test_state_is_found_under_any_upstreams_prefix(simulator: SimulatorProcess) -> None:
    property_id: str = simulator.tenants()[0]["properties"][0]["id"]

    assert simulator.admin("GET", f"/state/property/{property_id}").json["id"] == (
        property_id.replace("prop_", "ppt_")
    )


@pytest.mark.parametrize(
    "since", ["1700000000", "2023-11-14T00:00:00Z", "2023-11-14T00:00:00+00:00", "2023-11-14"]
)
def test_since_may_be_written_in_several_ways(simulator: SimulatorProcess, since: str) -> None:
    simulator.iam("GET", "/healthz")

    assert simulator.admin("GET", f"/calls?since={since}").json["items"]
    assert simulator.admin("GET", "/calls?since=yesterday").status == 400


def test_state_of_an_unknown_thing_is_404(simulator: SimulatorProcess) -> None:
    assert simulator.admin("GET", "/state/reservation/rsv_nothing").status == 404
