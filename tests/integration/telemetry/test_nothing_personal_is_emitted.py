"""Canaries in every upstream's data and in all a client may send: none in anything emitted (R5.6).

The same search is shown to find what is there: planted leaks, and the answers that clerks are
meant to read.
"""

import base64
import itertools
import json
from urllib.parse import quote

import pytest
from tests.integration.telemetry.canaries import (
    CANARIES,
    EACH,
    Canary,
    leaks,
    wanted_canaries,
)
from tests.integration.telemetry.observed_service import (
    BASE,
    ObservedService,
    wait_until,
)
from tests.running_api import Reply

pytestmark = pytest.mark.integration

CHECK_IN = BASE + "/reservations/{}/check-in"
_KEYS = itertools.count(1)


def new_key() -> str:
    return f"01K7{next(_KEYS):022d}"


def arrivals(observed: ObservedService) -> list[str]:
    """Return reservations that may be checked in."""
    ulid = observed.property_id.removeprefix("prop_")
    found = observed.simulator.upstream(
        "GET",
        f"/reservation/api/v1/reservations/arrivals?propertyId=ppt_{ulid}&limit=200",
        headers={"x-tenant-id": observed.tenant["id"]},
    )
    assert found.status == 200, found.body
    return [item["id"] for item in found.json["items"] if item["state"] == "confirmed"]


def check_in(observed: ObservedService, reservation: str, body: object, **more: str) -> Reply:
    return observed.call(
        "POST",
        CHECK_IN.format(reservation),
        json.dumps(body, ensure_ascii=False).encode(),
        **{"Content_Type": "application/json", "X_Idempotency_Key": new_key(), **more},
    )


def strike(observed: ObservedService, upstream: str, method: str, **fault: object) -> None:
    """Let an upstream misbehave once, with a person in all it says."""
    person = {each.kind: each.text for each in CANARIES[:4]}
    answer = observed.simulator.admin(
        "POST",
        "/faults",
        {
            "upstream": upstream,
            "match": {"method": method},
            "fault": {**fault, "body": {"message": person, "detail": person["name"]}},
            "times": 2,
        },
    )
    assert answer.status < 300, answer.body


def work_a_day(observed: ObservedService) -> None:
    """See dashboard and arrivals, check guests in: what a clerk does, whatever upstreams do."""
    guests = iter(arrivals(observed))
    for upstream in ("reservation", "billing", "housekeeping", "notification"):
        strike(observed, upstream, "GET", kind="error", status=500)
        strike(observed, upstream, "GET", kind="garbage")
    for _ in range(3):
        assert observed.call("GET", f"{BASE}/dashboard").status == 200
        observed.call("GET", f"{BASE}/arrivals")
    observed.simulator.admin("DELETE", "/faults")
    for status in (400, 404, 409, 422, 500):
        strike(observed, "reservation", "POST", kind="error", status=status)
        check_in(observed, next(guests), {"note": CANARIES[0].text})
        observed.simulator.admin("DELETE", "/faults")
    strike(observed, "reservation", "POST", kind="lost_answer")
    unseen = check_in(observed, next(guests), {})
    observed.simulator.admin("DELETE", "/faults")
    assert unseen.status in (200, 202), unseen.body
    for _ in range(4):
        check_in(observed, next(guests), {})
    wait_until(lambda: observed.call("GET", f"{BASE}/arrivals?limit=100").status == 200)


def send_canaries(observed: ObservedService, canary: Canary) -> None:
    """Send one person's data in every place that a request has."""
    text = canary.text
    latin = text.encode().decode("latin-1")
    reservation = arrivals(observed)[-1]
    observed.call("GET", f"{BASE}/arrivals?guest={quote(text)}&cursor={quote(text)}")
    observed.call("GET", f"{BASE}/activities/{quote(text)}")
    observed.call("GET", f"{BASE}/{quote(text)}")
    observed.call(
        "GET",
        f"{BASE}/session",
        User_Agent=latin,
        X_Request_Id=latin,
        Accept_Language=latin,
        X_App_Version=latin,
        X_App_Platform=latin,
        X_Network_Profile=latin,
        traceparent=latin,
        tracestate=f"guest={canary.core}",
        baggage=f"guest={canary.core}",
        Referer=latin,
        X_Forwarded_For=canary.core,
    )
    observed.call("GET", f"{BASE}/session", Authorization=f"DPoP {canary.core}")
    observed.call("GET", f"{BASE}/session", DPoP=canary.core)
    observed.call("GET", f"{BASE}/session", X_Device_Id=latin)
    observed.call("GET", f"{BASE}/session", X_Property_Id=latin)
    observed.call("GET", f"{BASE}/session", Origin=f"https://{canary.core}.example")
    check_in(observed, reservation, {"guestName": text})
    check_in(observed, reservation, {text: True})
    check_in(observed, reservation, {"roomId": text})
    check_in(observed, text.encode().hex(), {}, X_Idempotency_Key=latin)
    observed.call(
        "POST", CHECK_IN.format(reservation), f'{{"{text}"'.encode(), X_Idempotency_Key=new_key()
    )


def without_the_callers_own_path(reply: Reply) -> bytes:
    """Return an error body less `instance`: by contract the path that this caller has called."""
    error = dict(reply.error)
    error.pop("instance")
    return json.dumps(error, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def emitted(observed: ObservedService) -> dict[str, bytes]:
    """Work, send every canary, and collect what was emitted meanwhile."""
    work_a_day(observed)
    for canary in CANARIES[::5]:
        send_canaries(observed, canary)
    for canary in CANARIES:
        observed.call("GET", f"{BASE}/arrivals?guest={quote(canary.text)}")
        observed.call("GET", f"{BASE}/session", X_Request_Id=canary.core, User_Agent=canary.core)
    sent = len(observed.replies)
    wait_until(lambda: b"mutation.proxied" in observed.events())
    wait_until(lambda: sum(span.kind == "server" for span in observed.receiver.spans) >= sent)
    errors = [reply for reply in observed.replies if reply.status >= 400]
    return {
        **observed.emitted(),
        "error bodies": b"\n".join(map(without_the_callers_own_path, errors)),
    }


def test_the_canaries_were_there_to_leak(
    observed: ObservedService, emitted: dict[str, bytes]
) -> None:
    shown = b"".join(reply.body for reply in observed.replies if reply.status == 200)
    seen = [canary for canary in CANARIES if canary.core.encode() in shown]

    assert len(CANARIES) == len({canary.core for canary in CANARIES}) == 4 * EACH == 200
    assert observed.planting.used == {canary.core for canary in CANARIES}
    assert len(seen) >= 20, "what a clerk reads must hold what was planted"
    assert {canary.kind for canary in seen} == {canary.kind for canary in CANARIES}
    assert all(emitted.values()), {where for where, content in emitted.items() if not content}
    statuses = {reply.status for reply in observed.replies}
    assert {200, 400, 401, 404} <= statuses
    assert max(statuses) < 504


def test_no_person_is_in_anything_emitted(emitted: dict[str, bytes]) -> None:
    assert leaks(emitted, wanted_canaries()) == []


def test_no_token_proof_identifier_or_key_is_in_anything_emitted(
    observed: ObservedService, emitted: dict[str, bytes]
) -> None:
    wanted = dict(observed.credentials)
    for name, text in observed.credentials.items():
        if name.startswith("proof") and text.count(".") == 2:
            header, payload, signature = text.split(".")
            wanted[f"{name} signature"] = signature
            wanted[f"{name} jti"] = f'"{_member(payload, "jti")}"'
            wanted[f"{name} key"] = str(_member(header, "jwk")["x"])  # type: ignore[index]  # JSON
        elif name.startswith("token") and text.count(".") == 2:
            wanted[f"{name} signature"] = text.split(".")[2]
    wanted["thumbprint"] = observed.api.device_key.thumbprint
    wanted["service identity"] = observed.simulator.identity

    assert len(wanted) > 500
    assert leaks(emitted, wanted) == []


@pytest.mark.parametrize("canary", CANARIES[:4], ids=lambda canary: canary.kind)
@pytest.mark.parametrize("where", ["API log", "worker log", "traces", "events", "error bodies"])
def test_the_search_finds_a_planted_leak(
    emitted: dict[str, bytes], where: str, canary: Canary
) -> None:
    what = {f"{where}: {canary.kind} {canary.core}"}
    already = set(leaks(emitted, wanted_canaries()))
    for written in (canary.text, json.dumps(canary.text), quote(canary.text)):
        planted = {**emitted, where: emitted[where] + b' {"note":' + written.encode() + b"}"}

        assert set(leaks(planted, wanted_canaries())) - already == what


def test_the_search_finds_what_the_service_would_say_if_it_said_names(
    observed: ObservedService, emitted: dict[str, bytes]
) -> None:
    shown = b"".join(reply.body for reply in observed.replies if reply.status == 200)

    assert leaks({**emitted, "answers": shown}, wanted_canaries())


def _member(part: str, name: str) -> object:
    padded = part + "=" * (-len(part) % 4)
    decoded: dict[str, object] = json.JSONDecoder().decode(
        base64.urlsafe_b64decode(padded).decode()
    )
    return decoded[name]
