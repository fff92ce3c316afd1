"""Faults: each kind does what its name says, as often as asked, and the call log tells."""

import http.client
import time
from collections.abc import Iterator

import pytest
from tests.integration.simulator.conftest import Hotel
from tests.integration.simulator.simulator_process import Json, Reply, SimulatorProcess

CALL_SECONDS = 5.0


@pytest.fixture(autouse=True)
def no_faults_left(simulator: SimulatorProcess) -> Iterator[None]:
    simulator.admin("DELETE", "/calls")
    yield
    simulator.admin("DELETE", "/faults")


def strike(simulator: SimulatorProcess, fault: Json, **more: object) -> str:
    reply = simulator.admin("POST", "/faults", {"upstream": "reservation", "fault": fault, **more})
    assert reply.status == 201, reply.body
    return str(reply.json["id"])


def read(hotel: Hotel, *, seconds: float = CALL_SECONDS) -> Reply:
    return hotel.simulator.request(
        hotel.simulator.ports[1],
        "GET",
        f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{hotel.property}&limit=1",
        headers={
            **hotel.headers(),
            "authorization": f"Bearer {hotel.simulator.identity}",
        },
        seconds=seconds,
    )


def calls(simulator: SimulatorProcess) -> list[Json]:
    items: list[Json] = simulator.admin("GET", "/calls?upstream=reservation").json["items"]
    return items


def test_latency_delays_the_right_answer(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    strike(simulator, {"kind": "latency", "ms": 300}, times=1)

    started = time.monotonic()
    slow, fast = read(dushanbe), read(dushanbe)

    assert time.monotonic() - started >= 0.3
    assert slow.body == fast.body


def test_an_upstream_that_honours_deadlines_does_not_act_late(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    arrival = dushanbe.ready_arrival()
    late = {"kind": "latency", "ms": 150, "honoursDeadline": True}
    strike(simulator, late, match={"method": "POST"})

    too_late = dushanbe.check_in(arrival["id"], {}, dushanbe.mutation(x_deadline_ms="100"))
    untouched = dushanbe.reservation(arrival["id"])
    in_time = dushanbe.check_in(arrival["id"], {}, dushanbe.mutation(x_deadline_ms="5000"))

    assert (too_late.status, untouched) == (504, arrival)
    assert in_time.status == 200


def test_an_error_is_answered_without_acting(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    arrival = dushanbe.ready_arrival()
    strike(
        simulator,
        {"kind": "error", "status": 502, "retryAfterSeconds": 7},
        match={"method": "POST"},
        times=1,
    )

    reply = dushanbe.check_in(arrival["id"], {}, dushanbe.mutation())

    assert (reply.status, reply.headers["retry-after"]) == (502, "7")
    assert dushanbe.reservation(arrival["id"]) == arrival
    assert calls(simulator)[-1]["status"] == 502


def test_a_hang_never_answers_and_does_not_act(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    strike(simulator, {"kind": "hang"}, times=1)

    with pytest.raises(TimeoutError):
        read(dushanbe, seconds=0.5)

    assert calls(simulator)[-1]["status"] is None
    assert read(dushanbe).status == 200


def test_a_reset_breaks_the_connection_and_does_not_act(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    arrival = dushanbe.ready_arrival()
    strike(simulator, {"kind": "reset"}, times=1, match={"method": "POST"})

    with pytest.raises(ConnectionResetError):
        dushanbe.check_in(arrival["id"], {}, dushanbe.mutation())

    assert calls(simulator)[-1]["status"] is None
    assert dushanbe.reservation(arrival["id"]) == arrival


def test_a_lost_answer_acts_and_breaks_the_connection(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    arrival, headers = dushanbe.ready_arrival(), dushanbe.mutation()
    path = "/api/v1/reservations/{id}/check-in"
    strike(simulator, {"kind": "lost_answer"}, times=1, match={"method": "POST", "path": path})

    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        dushanbe.check_in(arrival["id"], {}, headers)

    assert dushanbe.reservation(arrival["id"])["state"] == "checked_in"
    again = dushanbe.check_in(arrival["id"], {}, headers)
    assert (again.status, again.headers["idempotent-replay"]) == (200, "true")
    assert dushanbe.reservation(arrival["id"])["version"] == arrival["version"] + 1


def test_garbage_says_json_and_is_none(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    strike(simulator, {"kind": "garbage"}, times=1)

    reply = read(dushanbe)

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"codec|Expecting|Invalid"):
        _ = reply.json


def test_garbage_may_be_json_of_another_shape(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    strike(simulator, {"kind": "garbage", "body": {"items": 7}}, times=1)

    assert read(dushanbe).json == {"items": 7}


def test_a_slow_body_is_right_in_the_end(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    whole = read(dushanbe)
    strike(simulator, {"kind": "slow_body", "ms": 20, "chunkBytes": 200}, times=1)

    started = time.monotonic()
    slow = read(dushanbe)

    assert slow.body == whole.body
    assert time.monotonic() - started >= 0.02 * (len(whole.body) // 200)


def test_a_huge_body_is_forty_megabytes(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    strike(simulator, {"kind": "huge_body"}, times=1)

    assert len(read(dushanbe, seconds=20).body) >= 40_000_000


def test_a_duplicate_event_is_told_twice_and_acted_once(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    arrival = dushanbe.ready_arrival()
    strike(simulator, {"kind": "duplicate_event"}, times=1, match={"method": "POST"})

    assert dushanbe.check_in(arrival["id"], {}, dushanbe.mutation()).status == 200

    events = simulator.admin("GET", "/events?upstream=reservation").json["items"]
    checked_in = [
        item["event"]
        for item in events
        if arrival["id"] in item["event"] and "reservation.checked_in.v1" in item["event"]
    ]
    assert len(checked_in) == 2
    assert checked_in[0] == checked_in[1]
    assert dushanbe.reservation(arrival["id"])["version"] == arrival["version"] + 1


def test_a_fault_strikes_as_often_as_asked_and_can_be_ended(
    simulator: SimulatorProcess, dushanbe: Hotel
) -> None:
    strike(simulator, {"kind": "error"}, times=2)
    assert [read(dushanbe).status for _ in range(3)] == [503, 503, 200]

    forever = strike(simulator, {"kind": "error"})
    assert [read(dushanbe).status for _ in range(3)] == [503, 503, 503]
    assert simulator.admin("DELETE", f"/faults/{forever}").status == 204
    assert read(dushanbe).status == 200
    assert simulator.admin("DELETE", f"/faults/{forever}").status == 404


def test_probability_lets_some_through(simulator: SimulatorProcess, dushanbe: Hotel) -> None:
    strike(simulator, {"kind": "error"}, probability=0.5)

    statuses = {read(dushanbe).status for _ in range(60)}

    assert statuses == {200, 503}


def test_faults_reach_iam_too(simulator: SimulatorProcess) -> None:
    body = {"upstream": "iam", "fault": {"kind": "error"}, "times": 1}
    simulator.admin("POST", "/faults", body)

    statuses = [simulator.iam("GET", "/.well-known/jwks.json").status for _ in range(2)]

    assert statuses == [503, 200]


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"upstream": "nobody", "fault": {"kind": "hang"}},
        {"upstream": "reservation", "fault": {"kind": "explode"}},
        {"upstream": "reservation", "fault": {"kind": "latency", "ms": -1}},
        {"upstream": "reservation", "fault": {"kind": "latency", "ms": True}},
        {"upstream": "reservation", "fault": {"kind": "hang"}, "times": 0},
        {"upstream": "reservation", "fault": {"kind": "hang"}, "probability": 2},
        {"upstream": "reservation", "fault": {"kind": "hang"}, "match": {"host": "x"}},
        {"upstream": "reservation", "fault": {"kind": "hang"}, "when": "now"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    simulator: SimulatorProcess, request_body: Json
) -> None:
    assert simulator.admin("POST", "/faults", request_body).status == 400
    assert simulator.admin("GET", "/faults").json["items"] == []
