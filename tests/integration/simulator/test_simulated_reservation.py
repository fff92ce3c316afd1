"""reservation: its state machine, its refusals, and that a key acts once."""

from datetime import date, timedelta

import pytest
from tests.integration.simulator.conftest import Hotel, new_ulid, new_uuid
from tests.integration.simulator.simulator_process import Json, Reply, SimulatorProcess


def move(hotel: Hotel, reservation_id: str, step: str, body: Json, **more: str) -> Reply:
    path = f"/reservation/api/v1/reservations/{reservation_id}/{step}"
    return hotel.simulator.upstream("POST", path, body, hotel.mutation(**more))


def test_a_guest_checks_in_to_the_assigned_room(kabul: Hotel) -> None:
    arrival = kabul.ready_arrival()

    reply = kabul.check_in(arrival["id"], {"documentVerified": True}, kabul.mutation())

    assert reply.status == 200
    assert reply.json["state"] == "checked_in"
    assert reply.json["roomId"] == arrival["roomId"]
    assert reply.json["version"] == arrival["version"] + 1
    assert reply.headers["etag"] == f'"{arrival["version"] + 1}"'
    assert kabul.reservation(arrival["id"])["state"] == "checked_in"


def test_a_check_in_tells_reservation_and_inventory_events(kabul: Hotel) -> None:
    arrival = kabul.ready_arrival()

    kabul.check_in(arrival["id"], {}, kabul.mutation())

    items = kabul.simulator.admin("GET", "/events").json["items"]
    told = [item["event"] for item in items if arrival["id"] in item["event"]]
    for subject in (
        "melmastoon.reservation.check_in_started.v1",
        "melmastoon.reservation.checked_in.v1",
        "melmastoon.inventory.room.assigned.v1",
    ):
        assert sum(subject in event for event in told) == 1


def test_the_same_key_acts_once_and_answers_the_same(kabul: Hotel) -> None:
    arrival, headers = kabul.ready_arrival(), kabul.mutation()

    first = kabul.check_in(arrival["id"], {}, headers)
    again = kabul.check_in(arrival["id"], {}, headers)

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert again.headers["idempotent-replay"] == "true"
    assert kabul.reservation(arrival["id"])["version"] == arrival["version"] + 1


def test_the_same_key_for_another_guest_is_refused(kabul: Hotel) -> None:
    headers = kabul.mutation()
    kabul.check_in(kabul.ready_arrival()["id"], {}, headers)
    other = kabul.ready_arrival()

    reply = kabul.check_in(other["id"], {}, headers)

    assert reply.status == 409
    assert reply.json["code"] == "MELMASTOON.SYNC.IDEMPOTENCY_KEY_REUSED"
    assert kabul.reservation(other["id"])["state"] == "confirmed"


def test_what_a_key_did_can_be_read(kabul: Hotel) -> None:
    arrival, headers = kabul.ready_arrival(), kabul.mutation()
    path = f"/reservation/api/v1/reservations/idempotency-keys/{headers['idempotency-key']}"

    before = kabul.simulator.upstream("GET", path, headers=kabul.headers())
    kabul.check_in(arrival["id"], {}, headers)
    after = kabul.simulator.upstream("GET", path, headers=kabul.headers())

    assert before.status == 404
    assert after.json["status"] == 200
    assert after.json["body"]["id"] == arrival["id"]
    assert after.json["path"].endswith("/check-in")


def test_a_second_check_in_is_an_illegal_transition(kabul: Hotel) -> None:
    arrival = kabul.ready_arrival()
    kabul.check_in(arrival["id"], {}, kabul.mutation())

    reply = kabul.check_in(arrival["id"], {}, kabul.mutation())

    assert reply.status == 409
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["code"] == "MELMASTOON.RESERVATION.ILLEGAL_TRANSITION"
    assert reply.json["violations"] == [{"field": "state", "rule": "checked_in→checked_in"}]


def test_a_room_that_is_not_ready_is_refused_with_its_status(dushanbe: Hotel) -> None:
    arrival = next(
        item
        for item in dushanbe.arrivals()
        if item["roomId"] and dushanbe.room_status(item["roomId"]) == "clean"
    )

    reply = dushanbe.check_in(arrival["id"], {}, dushanbe.mutation())

    codes = {"MELMASTOON.RESERVATION.ROOM_NOT_READY", "MELMASTOON.RESERVATION.ROOM_OCCUPIED"}
    assert reply.status == 409
    assert reply.json["code"] in codes
    assert reply.json["violations"][0]["field"] == "roomId"
    assert dushanbe.reservation(arrival["id"]) == arrival


def test_a_guest_without_a_room_gets_the_first_ready_one_of_the_type(dushanbe: Hotel) -> None:
    arrival = next(item for item in dushanbe.arrivals() if item["roomId"] is None)

    reply = dushanbe.check_in(arrival["id"], {}, dushanbe.mutation())

    assert reply.status == 200
    room = dushanbe.simulator.admin("GET", f"/state/property/{reply.json['roomId']}").json
    assert room["roomTypeId"] == arrival["roomTypeId"]
    assert dushanbe.room_status(reply.json["roomId"]) == "ready"


def test_a_room_of_another_type_or_of_nobody_is_refused(kabul: Hotel) -> None:
    arrival = kabul.ready_arrival()
    rooms = kabul.simulator.upstream(
        "GET", f"/property/api/v1/properties/ppt_{kabul.property}/rooms", headers=kabul.headers()
    ).json["items"]
    other = next(room for room in rooms if room["roomTypeId"] != arrival["roomTypeId"])

    mismatch = kabul.check_in(arrival["id"], {"roomId": other["id"]}, kabul.mutation())
    unknown = kabul.check_in(arrival["id"], {"roomId": "rmu_nothing"}, kabul.mutation())

    assert (mismatch.status, mismatch.json["code"][-18:]) == (422, "ROOM_TYPE_MISMATCH")
    assert unknown.status == 422
    assert kabul.reservation(arrival["id"]) == arrival


def test_an_arrival_of_tomorrow_does_not_check_in_today(kabul: Hotel) -> None:
    path = f"/reservation/api/v1/reservations/arrivals?propertyId=ppt_{kabul.property}"
    today = kabul.simulator.upstream("GET", path, headers=kabul.headers()).json["businessDate"]
    soon = (date.fromisoformat(today) + timedelta(days=14)).isoformat()
    found = kabul.simulator.upstream(
        "GET",
        f"/reservation/api/v1/reservations?propertyId=ppt_{kabul.property}"
        f"&state=confirmed&from={today}&to={soon}&limit=200",
        headers=kabul.headers(),
    )
    later = next(item for item in found.json["items"] if item["arrivalDate"] > today)

    reply = kabul.check_in(later["id"], {}, kabul.mutation())

    assert reply.status == 409
    assert reply.json["violations"] == [{"field": "arrivalDate", "rule": "before_arrival"}]


def test_an_older_version_is_refused_and_nothing_changes(kabul: Hotel) -> None:
    arrival = kabul.ready_arrival()

    reply = kabul.check_in(arrival["id"], {}, kabul.mutation(if_match='"99"'))

    assert (reply.status, reply.json["code"][-16:]) == (412, "VERSION_CONFLICT")
    assert kabul.reservation(arrival["id"]) == arrival


@pytest.mark.parametrize(
    "body", [{"roomId": 7}, {"documentVerified": "yes"}, {"note": "x" * 3000}, {"other": 1}]
)
def test_a_malformed_check_in_is_a_400_and_its_key_stays_free(kabul: Hotel, body: Json) -> None:
    arrival, headers = kabul.ready_arrival(), kabul.mutation()

    refused = kabul.check_in(arrival["id"], body, headers)

    assert (refused.status, refused.json["code"]) == (400, "MELMASTOON.GENERAL.VALIDATION_FAILED")
    assert kabul.reservation(arrival["id"]) == arrival
    path = f"/reservation/api/v1/reservations/idempotency-keys/{headers['idempotency-key']}"
    assert kabul.simulator.upstream("GET", path, headers=kabul.headers()).status == 404


@pytest.mark.parametrize("key", [None, "short", new_uuid()])
def test_a_mutation_needs_a_key_in_ulid_form(kabul: Hotel, key: str | None) -> None:
    arrival, headers = kabul.ready_arrival(), kabul.mutation()
    del headers["idempotency-key"]
    if key is not None:
        headers["idempotency-key"] = key

    reply = kabul.check_in(arrival["id"], {}, headers)

    assert (reply.status, reply.json["code"][-23:]) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert kabul.reservation(arrival["id"]) == arrival


def test_a_check_out_needs_a_settled_balance_and_leaves_a_dirty_room_and_a_task(
    dushanbe: Hotel,
) -> None:
    departures = dushanbe.simulator.upstream(
        "GET",
        f"/reservation/api/v1/reservations/departures?propertyId=ppt_{dushanbe.property}&limit=200",
        headers=dushanbe.headers(),
    ).json["items"]
    guest = next(
        item
        for item in departures
        if item["state"] == "in_house" and "balance_due" in item["flags"]
    )

    unpaid = move(dushanbe, guest["id"], "check-out", {})
    left = move(dushanbe, guest["id"], "check-out", {"balanceAccepted": True})

    assert (unpaid.status, unpaid.json["code"][-11:]) == (409, "BALANCE_DUE")
    assert (left.status, left.json["state"]) == (200, "checked_out")
    assert dushanbe.room_status(guest["roomId"]) == "dirty"
    tasks = dushanbe.simulator.upstream(
        "GET",
        f"/housekeeping/api/v1/housekeeping/tasks?propertyId=prp_{dushanbe.property}&limit=500",
        headers=dushanbe.headers(),
    ).json["items"]
    assert [task["kind"] for task in tasks if task["reservationId"] == guest["id"]][-1:] == [
        "turnover"
    ]


def test_cancelled_is_the_end(dushanbe: Hotel) -> None:
    arrival = dushanbe.arrivals()[-1]

    cancelled = move(dushanbe, arrival["id"], "cancel", {"reason": "flight"})
    after = move(dushanbe, arrival["id"], "check-in", {})

    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    assert (after.status, after.json["code"][-18:]) == (409, "ILLEGAL_TRANSITION")


def test_a_walk_in_gets_a_stay_from_today(dushanbe: Hotel) -> None:
    arrival = dushanbe.arrivals()[0]
    body = {
        "propertyId": f"ppt_{dushanbe.property}",
        "roomTypeId": arrival["roomTypeId"],
        "departureDate": arrival["departureDate"],
        "guest": {"displayName": "Ҷамила Раҳимова"},
        "adults": 1,
    }

    reply = dushanbe.simulator.upstream(
        "POST", "/reservation/api/v1/reservations/walk-in", body, dushanbe.mutation()
    )

    assert reply.status == 201
    assert reply.json["guest"]["displayName"] == "Ҷамила Раҳимова"
    assert reply.json["arrivalDate"] == arrival["arrivalDate"]
    assert reply.json["code"].startswith("GM-")


def test_another_tenants_guest_cannot_be_told_from_a_missing_one(
    kabul: Hotel, dushanbe: Hotel
) -> None:
    foreign = dushanbe.arrivals()[0]["id"]
    missing = f"rsv_{new_ulid()}"

    replies = [kabul.check_in(each, {}, kabul.mutation()) for each in (foreign, missing)]

    assert [reply.status for reply in replies] == [404, 404]
    first, second = ({**reply.json, "instance": None} for reply in replies)
    assert first == second
    assert dushanbe.reservation(foreign)["state"] == "confirmed"


def test_a_property_of_another_tenant_is_a_mismatch(kabul: Hotel, dushanbe: Hotel) -> None:
    arrival = kabul.ready_arrival()
    headers = kabul.mutation(x_property_id=f"ppt_{dushanbe.property}")

    reply = kabul.check_in(arrival["id"], {}, headers)

    assert (reply.status, reply.json["code"]) == (403, "MELMASTOON.TENANT.MISMATCH")


def test_nobody_gets_in_without_the_services_identity(
    simulator: SimulatorProcess, kabul: Hotel
) -> None:
    path = f"/reservation/api/v1/reservations/arrivals?propertyId=ppt_{kabul.property}"
    stranger = {**kabul.headers(), "authorization": "Bearer guessed"}

    assert simulator.upstream("GET", path, headers=stranger).status == 401


def test_pages_go_on_where_the_last_one_ended(dushanbe: Hotel) -> None:
    path = f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{dushanbe.property}&limit=100"
    seen: list[str] = []
    cursor = ""
    while True:
        page = dushanbe.simulator.upstream("GET", path + cursor, headers=dushanbe.headers()).json
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert len(seen) == len(set(seen)) == page["total"]
    assert page["total"] > 200


@pytest.mark.parametrize("query", ["limit=0", "limit=999", "limit=x", "cursor=%21%21"])
def test_a_wrong_limit_or_cursor_is_a_400(kabul: Hotel, query: str) -> None:
    path = f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{kabul.property}&{query}"

    assert kabul.simulator.upstream("GET", path, headers=kabul.headers()).status == 400
