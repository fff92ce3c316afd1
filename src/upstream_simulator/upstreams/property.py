"""property-service: hotels, room types, rooms and their physical state."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import choice_in, only_members, optional_text_in
from upstream_simulator.dialect import Dialect, flat
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal, Route, json_answer
from upstream_simulator.identifiers import ulid_of, with_prefix
from upstream_simulator.lists import read_page
from upstream_simulator.objects import changed, own, require_version, versioned, with_status
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream

ROOM_STATES: Final = ("active", "out_of_order", "out_of_service")
NOTES_CHARACTERS_MAX: Final = 2000
HOT_READ: Final = {"cache-control": "private, max-age=30"}


def property_upstream() -> Upstream:
    """Return property-service."""
    base = "/api/v1/properties"
    return Upstream(
        name="property",
        dialect=Dialect(problem_form=flat("https://errors.melmastoon.ghasi.io")),
        routes=(
            Route(method="GET", pattern=base, handler=_list_properties),
            Route(method="GET", pattern=f"{base}/{{id}}", handler=_get_property),
            Route(method="GET", pattern=f"{base}/{{id}}/room-types", handler=_list_room_types),
            Route(method="GET", pattern=f"{base}/{{id}}/rooms", handler=_list_rooms),
            Route(
                method="PATCH",
                pattern=f"{base}/{{id}}/rooms/{{room}}",
                handler=_patch_room,
                kind="mutation",
            ),
        ),
    )


def _list_properties(call: Call) -> Answer:
    question = Question(upstream="property", kind="property", tenant=call.tenant)
    page = read_page(call, question, default=100, maximum=500)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _get_property(call: Call) -> Answer:
    found = own(call, call.parameters["id"], kind="property")
    headers = {"etag": str(found.body["version"]), **HOT_READ}
    return json_answer(found.body, headers=headers)


def _list_room_types(call: Call) -> Answer:
    page = read_page(call, _of_property(call, "room_type"), default=100, maximum=500)
    items = [_without_price(item) for item in page.items]
    return json_answer({"items": items, "nextCursor": page.next_cursor}, headers=HOT_READ)


def _without_price(room_type: StoredObject) -> dict[str, object]:
    return {name: value for name, value in room_type.body.items() if name != "nightlyMicro"}


def _list_rooms(call: Call) -> Answer:
    page = read_page(call, _of_property(call, "room"), default=100, maximum=500)
    floor = call.query.get("floor")
    items = [item for item in page.documents() if floor in {None, str(item["floor"])}]
    return json_answer({"items": items, "nextCursor": page.next_cursor})


def _patch_room(call: Call) -> Answer:
    found = own(call, call.parameters["room"], kind="room")
    if found.property != ulid_of(own(call, call.parameters["id"], kind="property").id):
        raise Refusal(404, "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND")
    only_members(call.document, ("status", "notes"))
    if not call.document:
        raise Refusal(400, VALIDATION_FAILED, "nothing to change")
    require_version(
        call, found, code="MELMASTOON.PROPERTY.VERSION_CONFLICT", form="{}", required=True
    )
    notes = optional_text_in(call.document, "notes", maximum=NOTES_CHARACTERS_MAX)
    room = found if notes is None else changed(found, notes=notes)
    if "status" in call.document:
        status = choice_in(call.document, "status", ROOM_STATES)
        room = dataclasses.replace(changed(found, **{**room.body, "status": status}), status=status)
        _tell_housekeeping(call, room)
    call.state.put(room)
    return versioned(room, form="{}")


def _tell_housekeeping(call: Call, room: StoredObject) -> None:
    """Move housekeeping's room along, as its consumer of our event would."""
    clean = call.state.get("housekeeping", with_prefix("rom", room.id))
    if clean is not None:
        status = "dirty" if room.status == "active" else room.status
        call.state.put(with_status(clean, status, call))
    verb = {"active": "returned_to_service", "out_of_order": "taken_out_of_order"}
    subject = f"melmastoon.property.room.{verb.get(room.status, 'taken_out_of_service')}.v1"
    payload = {"roomId": room.id, "propertyId": f"ppt_{room.property}", "status": room.status}
    call.emit(subject, key=room.id, payload=payload)


def _of_property(call: Call, kind: str) -> Question:
    found = own(call, call.parameters["id"], kind="property")
    return Question(upstream="property", kind=kind, tenant=call.tenant, property=found.property)
