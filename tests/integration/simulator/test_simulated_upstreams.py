"""The other upstreams: their own dialects, and mutations that change what they answer."""

from dataclasses import dataclass

import pytest
from tests.integration.simulator.conftest import Hotel, new_ulid, new_uuid
from tests.integration.simulator.simulator_process import Json, Reply

ROOM = "/housekeeping/api/v1/housekeeping/rooms"
TASKS = "/housekeeping/api/v1/housekeeping/tasks"
ORDERS = "/maintenance/api/v1/maintenance/work-orders"
KEYS = "/lock-integration/api/v1/key-credentials"


def get(hotel: Hotel, path: str, *, tenant_prefix: str = "tnt") -> Json:
    headers = {"x-tenant-id": f"{tenant_prefix}_{hotel.tenant}"}
    reply = hotel.simulator.upstream("GET", path, headers=headers)
    assert reply.status == 200, reply.body
    return reply.json


def post(hotel: Hotel, path: str, body: Json, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    tenant = {"x-tenant-id": f"tnt_{hotel.tenant}"}
    method = "PUT" if path.endswith(("/status", "/preferences")) else "POST"
    return hotel.simulator.upstream(method, path, body, {**tenant, **named})


@dataclass(frozen=True, slots=True)
class Read:
    """A list of an upstream and the ids it speaks in."""

    path: str
    tenant: str = "tnt"
    members: str = "items"


READS = [
    Read("/property/api/v1/properties/ppt_{p}/rooms"),
    Read("/property/api/v1/properties/ppt_{p}/room-types"),
    Read("/inventory/api/v1/inventory/blocks?propertyId=ppt_{p}"),
    Read("/inventory/api/v1/inventory/allocations?propertyId=ppt_{p}"),
    Read("/pricing/v1/pricing/rates?propertyId=pty_{p}"),
    Read("/pricing/v1/pricing/rate-plans?propertyId=pty_{p}"),
    Read("/housekeeping/api/v1/housekeeping/rooms?propertyId=prp_{p}"),
    Read("/housekeeping/api/v1/housekeeping/tasks?propertyId=prp_{p}"),
    Read("/maintenance/api/v1/maintenance/work-orders?propertyId=prop_{p}"),
    Read("/billing/api/v1/folios?propertyId=prop_{p}", tenant="t"),
    Read("/billing/api/v1/folios?propertyId=prop_{p}&exception=true", tenant="t"),
    Read("/billing/api/v1/cash-drawers?propertyId=prop_{p}", tenant="t"),
    Read("/lock-integration/api/v1/devices?propertyId=ppt_{p}"),
    Read("/lock-integration/api/v1/key-credentials?propertyId=ppt_{p}"),
    Read("/ai-orchestrator/api/v1/ai/suggestions?propertyId=ppt_{p}"),
    Read("/staff/api/v1/shifts?propertyId=ppt_{p}", tenant="ten"),
    Read("/staff/api/v1/capacity-snapshot?propertyId=ppt_{p}", "ten", "departments"),
    Read("/analytics/api/v1/analytics/metrics?propertyId=ppt_{p}"),
    Read("/payment/api/v1/payments?propertyId=ppt_{p}"),
]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.path.split("?")[0])
def test_each_list_has_something_for_a_seeded_hotel(dushanbe: Hotel, read: Read) -> None:
    path = read.path.format(p=dushanbe.property)

    assert get(dushanbe, path, tenant_prefix=read.tenant)[read.members]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.path.split("?")[0])
def test_another_tenants_hotel_is_refused_everywhere(
    kabul: Hotel, dushanbe: Hotel, read: Read
) -> None:
    path = read.path.format(p=dushanbe.property)
    headers = {"x-tenant-id": f"{read.tenant}_{kabul.tenant}"}

    reply = kabul.simulator.upstream("GET", path, headers=headers)

    assert reply.status in {403, 404}


def test_errors_come_in_four_forms(kabul: Hotel) -> None:
    missing = "/api/v1/{}/unknown"
    headers = kabul.headers()
    canonical = kabul.simulator.upstream("GET", "/payment/api/v1/payments/pay_x", headers=headers)
    flat = kabul.simulator.upstream("GET", "/reservation" + missing, headers=headers)
    billing = kabul.simulator.upstream(
        "GET", "/billing/api/v1/folios/fol_x", headers={"x-tenant-id": f"t_{kabul.tenant}"}
    )
    housekeeping = post(kabul, f"{TASKS}/hkt_x/start", {}, idempotency_key=new_uuid())

    assert canonical.json["error"]["code"] == "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND"
    assert canonical.json["error"]["userMessageKey"] == "errors.general.resource_not_found"
    assert flat.json["code"] == "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND"
    assert set(billing.json["error"]) == {"code", "message", "details", "traceId"}
    assert housekeeping.json["type"].startswith("https://errors.melmastoon.com/MELMASTOON.")
    for reply in (canonical, flat, billing, housekeeping):
        assert reply.status == 404
        assert reply.headers["content-type"] == "application/problem+json"


def test_cleaning_a_room_walks_it_to_ready(kabul: Hotel) -> None:
    tasks = get(kabul, f"{TASKS}?propertyId=prp_{kabul.property}&status=pending&limit=500")
    task = next(item for item in tasks["items"] if item["kind"] == "turnover")

    def step(name: str, body: Json) -> Reply:
        return post(kabul, f"{TASKS}/{task['id']}/{name}", body, idempotency_key=new_uuid())

    assert step("complete", {}).json["code"].endswith("TASK_STATE_CONFLICT")
    assert step("start", {}).json["status"] == "in_progress"
    assert kabul.room_status(task["roomId"]) == "cleaning"
    assert step("pause", {}).json["status"] == "paused"
    assert step("start", {}).json["status"] == "in_progress"
    assert step("complete", {}).json["status"] == "completed"
    assert kabul.room_status(task["roomId"]) == "clean"
    assert step("inspect", {"passed": True}).status == 200
    assert kabul.room_status(task["roomId"]) == "ready"


def test_a_ready_room_cannot_turn_to_cleaning(kabul: Hotel) -> None:
    room = get(kabul, f"{ROOM}?propertyId=prp_{kabul.property}&status=ready")["items"][-1]

    reply = post(
        kabul,
        f"{ROOM}/{room['roomId']}/status",
        {"status": "cleaning"},
        idempotency_key=new_uuid(),
    )

    assert reply.status == 422
    assert reply.json["code"] == "MELMASTOON.HOUSEKEEPING.ROOM_STATE_CONFLICT"
    assert reply.json["context"]["currentStatus"] == "ready"
    assert kabul.room_status(room["roomId"]) == "ready"


def test_a_task_can_be_given_to_an_operator_of_the_tenant_only(
    kabul: Hotel, dushanbe: Hotel
) -> None:
    task = get(kabul, f"{TASKS}?propertyId=prp_{kabul.property}&status=assigned")["items"][0]
    mine = kabul.operators["mina.housekeeper@kabul-grand"]["id"]
    foreign = dushanbe.operators["malika.housekeeper@silk-road"]["id"]
    path = f"{TASKS}/{task['id']}/reassign"

    refused = post(kabul, path, {"assigneeId": foreign}, idempotency_key=new_uuid())
    given = post(kabul, path, {"assigneeId": mine}, idempotency_key=new_uuid())

    assert refused.status == 404
    assert given.json["assigneeId"] == mine


def test_a_work_order_goes_from_open_to_verified_and_no_further(kabul: Hotel) -> None:
    body = {
        "propertyId": f"prop_{kabul.property}",
        "title": "Lift stops between floors",
        "category": "electrical",
        "severity": "high",
    }
    created = post(kabul, ORDERS, body, x_idempotency_key=new_uuid())
    order = created.json["id"]

    def step(name: str, body: Json) -> Reply:
        return post(kabul, f"{ORDERS}/{order}/{name}", body, x_idempotency_key=new_uuid())

    technician = kabul.operators["karim.maintenance@kabul-grand"]["id"]
    assert created.status == 201
    early = step("resolve", {})
    assert (early.status, early.json["context"]) == (409, {"from": "open", "to": "resolved"})
    assigned = step("assign", {"assignee": {"kind": "staff", "userId": technician}})
    assert assigned.json["status"] == "assigned"
    assert step("start", {}).json["status"] == "in_progress"
    assert step("resolve", {"resolution": "New relay"}).json["status"] == "resolved"
    assert step("verify", {}).json["status"] == "verified"
    assert step("cancel", {}).json["code"] == "MELMASTOON.MAINTENANCE.WORK_ORDER_TERMINAL"


def test_a_payment_settles_the_folio_and_the_reservation_follows(dushanbe: Hotel) -> None:
    folios = get(
        dushanbe,
        f"/billing/api/v1/folios?propertyId=prop_{dushanbe.property}&status=balance_due",
        tenant_prefix="t",
    )["items"]
    folio = folios[0]
    headers = {"x-tenant-id": f"t_{dushanbe.tenant}"}
    path = f"/billing/api/v1/folios/{folio['id']}"

    def move(step: str, body: Json) -> Reply:
        key = {"idempotency-key": new_ulid()}
        return dushanbe.simulator.upstream("POST", f"{path}/{step}", body, {**headers, **key})

    number = move("payments", {"method": "cash", "amount": {"amountMicro": 1, "currency": "TJS"}})
    dollars = move(
        "payments", {"method": "cash", "amount": {"amountMicro": "1", "currency": "USD"}}
    )
    early = move("close", {})
    paid = move("payments", {"method": "cash", "amount": folio["balance"]})
    closed = move("close", {})
    late = move("charges", {"kind": "minibar", "description": "x", "amount": folio["balance"]})

    assert (number.status, number.json["error"]["code"][-17:]) == (400, "VALIDATION_FAILED")
    assert (dollars.status, dollars.json["error"]["code"][-17:]) == (422, "CURRENCY_MISMATCH")
    assert (early.status, early.json["error"]["code"][-16:]) == (409, "BALANCE_NOT_ZERO")
    assert paid.status == 201
    assert closed.json["status"] == "closed"
    assert (late.status, late.json["error"]["code"][-12:]) == (409, "FOLIO_CLOSED")
    reservation = dushanbe.reservation(f"rsv_{folio['reservationId'][4:]}")
    assert reservation["balance"]["amountMicro"] == "0"
    assert "balance_due" not in reservation["flags"]


def test_a_key_is_issued_to_a_guest_in_the_house_and_revoked_once(dushanbe: Hotel) -> None:
    stays = get(
        dushanbe,
        f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{dushanbe.property}",
    )["items"]
    stay = stays[0]
    body = {
        "reservationId": stay["id"],
        "rooms": [stay["roomId"]],
        "validFrom": "2026-01-01T10:00:00.000Z",
        "validUntil": "2026-01-02T10:00:00.000Z",
        "preferredKinds": ["rfid_card"],
    }
    issued = post(dushanbe, KEYS, body, idempotency_key="front-desk-1")
    again = post(dushanbe, KEYS, body, idempotency_key="front-desk-1")
    path = f"{KEYS}/{issued.json.get('id')}/revoke"
    bad_reason = post(dushanbe, path, {"reason": "boredom"}, idempotency_key="r0")
    revoked = post(dushanbe, path, {"reason": "lost"}, idempotency_key="r1")
    twice = post(dushanbe, path, {"reason": "lost"}, idempotency_key="r2")

    assert issued.status == 201, issued.body
    assert issued.headers["location"] == f"/api/v1/key-credentials/{issued.json['id']}"
    assert again.json == issued.json
    assert bad_reason.status == 400
    assert (revoked.status, revoked.json["state"]) == (200, "revoked")
    assert (twice.status, twice.json["code"]) == (409, "MELMASTOON.LOCK.ILLEGAL_TRANSITION")


def test_a_suggestion_is_decided_once(kabul: Hotel) -> None:
    path = f"/ai-orchestrator/api/v1/ai/suggestions?propertyId=ppt_{kabul.property}"
    suggestion = get(kabul, path)["items"][0]
    decide = f"/ai-orchestrator/api/v1/ai/suggestions/{suggestion['id']}/decide"
    operator = kabul.operators["omid.gm@kabul-grand"]["id"]

    def decided(decision: str) -> Reply:
        body = {"decision": decision, "operatorId": operator}
        return post(kabul, decide, body, idempotency_key=new_ulid())

    first, second = decided("accepted"), decided("rejected")

    assert first.json["state"] == "accepted"
    assert (second.status, second.json["error"]["code"]) == (409, "MELMASTOON.AI.ALREADY_DECIDED")
    assert second.json["error"]["decision"]["decision"] == "accepted"
    assert suggestion["id"] not in [item["id"] for item in get(kabul, path)["items"]]


def test_reading_an_alert_takes_it_off_the_unread_ones(kabul: Hotel) -> None:
    recipient = kabul.operators["omid.gm@kabul-grand"]["id"]
    path = f"/notification/api/v1/feed?recipientId={recipient}&unreadOnly=true"
    before = get(kabul, path)
    body = {"recipientId": recipient, "ids": [before["items"][0]["id"]]}

    reply = post(kabul, "/notification/api/v1/feed/mark-read", body, idempotency_key=new_ulid())

    assert reply.json["items"][0]["state"] == "opened"
    assert get(kabul, path)["unread"] == before["unread"] - 1


def test_blocking_a_room_reaches_housekeeping_and_the_calendar(kabul: Hotel) -> None:
    rooms = get(kabul, f"/property/api/v1/properties/ppt_{kabul.property}/rooms?limit=500")
    room = next(item for item in reversed(rooms["items"]) if item["status"] == "active")
    path = f"/property/api/v1/properties/ppt_{kabul.property}/rooms/{room['id']}"
    occupancy = f"/inventory/api/v1/inventory/occupancy?propertyId=ppt_{kabul.property}"
    before = get(kabul, occupancy)["oos_blocked"]

    def patch(version: str | None) -> int:
        headers = {"x-tenant-id": f"tnt_{kabul.tenant}", "idempotency-key": new_ulid()}
        if version is not None:
            headers["if-match"] = version
        body = {"status": "out_of_order"}
        return kabul.simulator.upstream("PATCH", path, body, headers).status

    assert [patch(None), patch("99"), patch(str(room["version"]))] == [428, 412, 200]
    assert kabul.room_status(room["id"]) == "out_of_order"
    assert get(kabul, occupancy)["oos_blocked"] == before + 1


def test_preferences_are_kept_and_an_older_version_is_refused(kabul: Hotel) -> None:
    operator = kabul.operators["omid.gm@kabul-grand"]["id"]
    path = f"/tenant/api/v1/tenants/tnt_{kabul.tenant}/operators/{operator}/preferences"
    version = get(kabul, path)["data"]["version"]
    body = {"theme": "dark"}

    kept = post(kabul, path, body, x_idempotency_key="p1", if_match=f'"{version}"')
    stale = post(kabul, path, body, x_idempotency_key="p2", if_match=f'"{version}"')

    assert kept.json["data"]["theme"] == "dark"
    assert stale.status == 412


def test_the_sync_handshake_knows_its_scopes(kabul: Hotel) -> None:
    body: Json = {
        "deviceId": "dev_x",
        "operatorId": "opr_x",
        "scopes": ["housekeeping.task"],
        "schemaVersion": 1,
        "cursors": {"housekeeping.task": "01K"},
    }
    path = "/sync/sync/v1/handshake"

    agreed = post(kabul, path, body)
    unknown = post(kabul, path, {**body, "scopes": ["nothing"]})
    newer = post(kabul, path, {**body, "schemaVersion": 2})

    assert agreed.json["cursors"] == {"housekeeping.task": "01K"}
    assert agreed.json["conflictPolicies"] == {"housekeeping.task": "lww"}
    assert (unknown.status, newer.status) == (422, 409)


def test_a_years_figures_are_too_many_bytes(kabul: Hotel) -> None:
    widgets = get(kabul, f"/analytics/api/v1/analytics/widgets?propertyId=ppt_{kabul.property}")
    path = f"/analytics/api/v1/analytics/widgets/{widgets['items'][0]['widgetId']}/data"

    reply = kabul.simulator.upstream(
        "GET", f"{path}?from=2026-01-01&to=2026-12-01", headers=kabul.headers()
    )

    assert reply.status == 413
    assert reply.json["code"] == "MELMASTOON.ANALYTICS.QUERY_BYTE_CAP_EXCEEDED"
