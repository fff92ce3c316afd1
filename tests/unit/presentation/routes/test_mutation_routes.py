"""Check-in and activities over HTTP: bodies, headers, refusals."""

from dataclasses import dataclass, field, replace

import msgspec
import pytest
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_path import (
    FACTS,
    KEY,
    OTHER_TENANT,
    PROPERTY,
    RESERVATION,
    ROOM,
    FakeDesk,
    principal,
)

from bff_backoffice.application.mutations.read_activity import ReadActivity
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.activity import ActivityNotFound
from bff_backoffice.domain.mutation import (
    MutationStoreUnavailable,
    ReservationIllegalTransition,
    ReservationNotFound,
)
from bff_backoffice.domain.principal import Principal
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.presentation.http import Answer, MalformedBody, MalformedQuery, Request
from bff_backoffice.presentation.routes.activities import ActivityRoutes
from bff_backoffice.presentation.routes.mutations import MutationRoutes
from bff_backoffice.presentation.routing import BASE_PATH, PUBLIC_BASE_PATH, PropertyScope


@dataclass(slots=True)
class Door:
    """The routes over a desk in the test's hand."""

    desk: FakeDesk = field(default_factory=FakeDesk)

    async def check_in(
        self,
        body: object = None,
        *,
        base: str = BASE_PATH,
        reservation_id: str = RESERVATION,
        raw: bytes | None = None,
        query: str = "",
    ) -> Answer:
        request = _request(f"{base}/reservations/{reservation_id}/check-in", self.desk.clock)
        request.path_parameters = {"reservation_id": reservation_id}
        request.query_string = query
        request.body = msgspec.json.encode(body or {}) if raw is None else raw
        return await MutationRoutes(check_guest_in=self.desk.path.check_in).post_check_in(request)

    async def activity(self, activity_id: str, caller: Principal | None = None) -> Answer:
        request = _request(f"{BASE_PATH}/activities/{activity_id}", self.desk.clock)
        request.authenticated = caller or principal()
        request.path_parameters = {"activity_id": activity_id}
        routes = ActivityRoutes(read_activity=ReadActivity(self.desk.claims))
        return await routes.get_activity(request)


def _request(path: str, clock: ManualClock) -> Request:
    request = Request(
        method="POST",
        path=path,
        query_string="",
        headers={},
        repeated_headers=frozenset(),
        client_address="127.0.0.1",
        facts=FACTS,
        deadline=Deadline.after(8, clock),
    )
    request.authenticated, request.property_scope, request.key = principal(), PROPERTY, KEY
    return request


@pytest.fixture
def door() -> Door:
    return Door()


def body_of(answer: Answer) -> dict[str, object]:
    return msgspec.json.decode(answer.body, type=dict[str, object])


async def test_a_check_in_answers_as_promised(door: Door) -> None:
    answer = await door.check_in({"roomId": ROOM, "documentVerified": True, "note": "Late"})

    body = body_of(answer)
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert set(body) == {"reservation", "activityId"}
    assert body["reservation"] == {
        "id": RESERVATION, "state": "checked_in", "roomId": ROOM, "version": 4,
    }  # fmt: skip
    assert "idempotency-replayed" not in dict(answer.headers)


async def test_a_replay_says_so_and_is_the_same_on_either_base(door: Door) -> None:
    first = await door.check_in({"roomId": ROOM})

    second = await door.check_in({"roomId": ROOM}, base=PUBLIC_BASE_PATH)

    assert second.body == first.body
    assert ("idempotency-replayed", "true") in second.headers
    assert len(door.desk.reservations.acted) == 1


async def test_a_lost_answer_says_where_to_ask_on_the_base_that_was_used(door: Door) -> None:
    door.desk.reservations.failures = [("after_acting", "timeout")]

    answer = await door.check_in({"roomId": ROOM}, base=PUBLIC_BASE_PATH)

    body = body_of(answer)
    assert answer.status == 202
    assert body["statusUrl"] == f"{PUBLIC_BASE_PATH}/activities/{body['activityId']}"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"roomId": "rmu_1"}',
        b'{"roomId": "rom_01HZX8QJ5T9W2V4Y6B8D0F2H4K"}',
        b'{"roomId": 7}',
        b'{"documentVerified": "yes"}',
        b'{"note": "' + b"x" * 501 + b'"}',
        b'{"unheardOf": 1}',
        b'{"note": "a", "note": "b"}',
        b'{"note": NaN}',
    ],
)
async def test_a_body_that_is_none_is_refused_and_nothing_is_claimed(
    door: Door, raw: bytes
) -> None:
    with pytest.raises(MalformedBody):
        await door.check_in(raw=raw)

    assert door.desk.claims.rows == {}
    assert door.desk.reservations.calls == []


async def test_a_malformed_query_is_refused_and_nothing_is_claimed(door: Door) -> None:
    with pytest.raises(MalformedQuery):
        await door.check_in({"roomId": ROOM}, query="a=1&a=2")

    assert door.desk.claims.rows == {}


@pytest.mark.parametrize("reservation_id", ["rsv_1", "%2e%2e", "Ahmad", "gst_" + RESERVATION[4:]])
async def test_an_id_that_is_none_is_a_reservation_not_found(
    door: Door, reservation_id: str
) -> None:
    with pytest.raises(ReservationNotFound):
        await door.check_in({"roomId": ROOM}, reservation_id=reservation_id)

    assert door.desk.claims.rows == {}


async def test_the_route_asks_for_role_property_and_key(door: Door) -> None:
    (route,) = MutationRoutes(check_guest_in=door.desk.path.check_in).rows()

    assert (route.method, route.path) == ("POST", "/reservations/{reservation_id}/check-in")
    assert route.roles == {"front_desk", "general_manager", "owner"}
    assert route.property_scope is PropertyScope.REQUIRED
    assert route.needs_idempotency_key
    assert route.reads_body


async def test_an_activity_tells_its_state_and_result(door: Door) -> None:
    checked_in = body_of(await door.check_in({"roomId": ROOM}))

    answer = await door.activity(str(checked_in["activityId"]))

    assert body_of(answer) == {
        "state": "succeeded", "result": {"reservation": checked_in["reservation"]},
    }  # fmt: skip


async def test_a_pending_activity_has_no_result_yet(door: Door) -> None:
    door.desk.reservations.failures = [("after_acting", "timeout")]
    pending = body_of(await door.check_in({"roomId": ROOM}))

    answer = await door.activity(str(pending["activityId"]))

    assert body_of(answer) == {"state": "outcome_pending"}


async def test_a_refused_activity_tells_the_registered_code(door: Door) -> None:
    door.desk.reservations.decision = ReservationIllegalTransition()
    await door.check_in({"roomId": ROOM})
    ((_, activity_id, _),) = door.desk.claims.activities

    answer = await door.activity(activity_id)

    assert body_of(answer) == {
        "state": "refused",
        "result": {"code": "MELMASTOON.BFF.BACKOFFICE.RESERVATION_ILLEGAL_TRANSITION"},
    }


@pytest.mark.parametrize("kind", ["another tenant's", "another property's", "unknown", "malformed"])
async def test_an_activity_of_nobody_here_is_not_found(door: Door, kind: str) -> None:
    activity_id = str(body_of(await door.check_in({"roomId": ROOM}))["activityId"])
    caller = principal()
    if kind == "another tenant's":
        caller = replace(caller, tenant_id=OTHER_TENANT)
    elif kind == "another property's":
        caller = replace(caller, property_ids=frozenset({PropertyId("prop_elsewhere")}))
    elif kind == "unknown":
        activity_id = "act_01HZX8QJ5T9W2V4Y6B8D0F2H9Z"
    else:
        activity_id = activity_id.lower()

    with pytest.raises(ActivityNotFound):
        await door.activity(activity_id, caller)


async def test_without_a_database_an_activity_is_asked_again_later() -> None:
    class Away:
        async def find(self, tenant_id: object, activity_id: object) -> None:
            raise StoreUnavailable("test")

    with pytest.raises(MutationStoreUnavailable) as refused:
        await ReadActivity(Away()).run(principal(), "act_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")

    assert refused.value.retry_after_seconds
