"""What decides on a room, read from three upstreams in three dialects."""

import msgspec
import pytest
from tests.fakes.mutation_path import OTHER_ROOM, RESERVATION, ROOM
from tests.fakes.upstream_http import PROPERTY, scope_for, upstream_client
from tests.fakes.upstream_server import answering, running_upstream

from bff_backoffice.application.ports.upstream_calls import NotFoundUpstream
from bff_backoffice.foundation.identifiers import ReservationId, RoomId
from bff_backoffice.infrastructure.upstreams.room_choice import RoomChoiceGateway

PPT = PROPERTY.replace("prop_", "ppt_")
TYPE = "rmt_01HZX8QJ5T9W2V4Y6B8D0F2H4K"


def stay(**changed: object) -> bytes:
    return msgspec.json.encode(
        {"id": RESERVATION, "propertyId": PPT, "roomTypeId": TYPE, "roomId": ROOM} | changed
    )


async def test_a_stay_says_its_room_and_type() -> None:
    async with (
        running_upstream(answering(stay())) as server,
        upstream_client(server.origin) as http,
    ):
        found = await RoomChoiceGateway(http).stay_room(RESERVATION, scope_for())

    assert (found.room_id, found.room_type_id) == (ROOM, TYPE)


async def test_a_stay_may_have_no_room_yet() -> None:
    behaviour = answering(stay(roomId=None))
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        found = await RoomChoiceGateway(http).stay_room(RESERVATION, scope_for())

    assert found.room_id is None


async def test_a_stay_of_another_property_is_as_good_as_missing() -> None:
    behaviour = answering(stay(propertyId="ppt_01HZX8QJ5T9W2V4Y6B8D0F2H9Z"))
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        with pytest.raises(NotFoundUpstream):
            await RoomChoiceGateway(http).stay_room(RESERVATION, scope_for())


async def test_a_malformed_id_asks_nobody() -> None:
    async with (
        running_upstream(answering(stay())) as server,
        upstream_client(server.origin) as http,
    ):
        with pytest.raises(NotFoundUpstream):
            await RoomChoiceGateway(http).stay_room(ReservationId("a/../b"), scope_for())

    assert server.seen == []


async def test_ready_rooms_come_empty_ones_only_by_number_over_all_pages() -> None:
    def room(room_id: RoomId, number: str, *, occupied: bool = False) -> dict[str, object]:
        return {
            "roomId": room_id.replace("rmu_", "rom_"), "number": number, "occupied": occupied,
        }  # fmt: skip

    third = RoomId("rmu_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")
    first_page = {
        "items": [room(ROOM, "1001"), room(third, "90", occupied=True)],
        "nextCursor": "x",
    }
    second_page = {"items": [room(OTHER_ROOM, "201")], "nextCursor": None}
    async with (
        running_upstream(
            answering(msgspec.json.encode(first_page)), answering(msgspec.json.encode(second_page))
        ) as server,
        upstream_client(server.origin) as http,
    ):
        ready = await RoomChoiceGateway(http).ready_rooms(scope_for())

    assert [(room.id, room.number) for room in ready] == [(OTHER_ROOM, "201"), (ROOM, "1001")]
    assert "status=ready" in server.seen[0].target
    assert "cursor=x" in server.seen[1].target


async def test_room_types_leave_out_what_is_out_of_order() -> None:
    page = {
        "items": [
            {"id": ROOM, "roomTypeId": TYPE, "status": "active"},
            {"id": OTHER_ROOM, "roomTypeId": TYPE, "status": "out_of_order"},
        ]
    }
    behaviour = answering(msgspec.json.encode(page))
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        types = await RoomChoiceGateway(http).room_types(scope_for())

    assert types == {ROOM: TYPE}
    assert server.seen[0].target.startswith(f"/api/v1/properties/{PPT}/rooms")
