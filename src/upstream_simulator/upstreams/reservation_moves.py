"""What changes a reservation, and what that does to the room, its cleaning and the calendar."""

import dataclasses
from datetime import date
from typing import Final

from upstream_simulator.bodies import (
    count_in,
    flag_in,
    only_members,
    optional_text_in,
    text_in,
)
from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call
from upstream_simulator.identifiers import ulid_of, with_prefix
from upstream_simulator.objects import business_day, changed, versioned
from upstream_simulator.state import StoredObject
from upstream_simulator.upstreams import reservation_rules as rules
from upstream_simulator.upstreams.reservation_events import tell
from upstream_simulator.upstreams.turnover import leave_room

NOTE_CHARACTERS_MAX: Final = 2000


def check_in(call: Call) -> Answer:
    """`POST …/{id}/check-in`: the guest gets a ready room."""
    found = rules.addressed(call)
    document = call.document
    only_members(document, ("roomId", "documentVerified", "note"))
    document_verified = flag_in(document, "documentVerified")
    note = optional_text_in(document, "note", maximum=NOTE_CHARACTERS_MAX)
    rules.require_transition(found, "checked_in")
    rules.require_stay_covers_today(call, found)
    room = rules.room_for(call, found, document.get("roomId"))
    members = {
        "documentVerified": document_verified,
        "checkInNote": note,
        "checkedInAt": rfc3339(call.at),
    }
    stay = _moved(call, found, "checked_in", room=room, **members)
    call.state.put(stay, changed(room, occupied=True))
    tell(call, stay, "check_in_started")
    tell(call, stay, "checked_in", roomId=stay.body["roomId"])
    _tell_inventory(call, stay, "room.assigned")
    return versioned(stay)


def check_out(call: Call) -> Answer:
    """`POST …/{id}/check-out`: the room turns dirty and housekeeping gets a turnover task."""
    found = rules.addressed(call)
    only_members(call.document, ("balanceAccepted", "note"))
    accepted = flag_in(call.document, "balanceAccepted")
    note = optional_text_in(call.document, "note", maximum=NOTE_CHARACTERS_MAX)
    rules.require_transition(found, "checked_out")
    if int(found.body["balance"]["amountMicro"]) > 0 and not accepted:
        raise rules.refused("BALANCE_DUE", field="balance", rule="unpaid")
    stay = _moved(call, found, "checked_out", checkOutNote=note, checkedOutAt=rfc3339(call.at))
    call.state.put(stay)
    leave_room(call, stay, found.parent)
    tell(call, stay, "checkout_started")
    tell(call, stay, "checked_out", roomId=stay.body["roomId"])
    return versioned(stay)


def change_room(call: Call) -> Answer:
    """`POST …/{id}/room-change`: another ready room of the same type."""
    found = rules.addressed(call)
    only_members(call.document, ("roomId", "reason"))
    room_id = text_in(call.document, "roomId")
    reason = optional_text_in(call.document, "reason")
    if found.status not in {"confirmed", *rules.IN_THE_HOUSE}:
        raise rules.refused("ILLEGAL_TRANSITION", field="state", rule=f"{found.status}→room_change")
    room = rules.checked_room(call, found, room_id)
    stay = _moved(call, found, found.status, room=room)
    call.state.put(stay)
    if found.status in rules.IN_THE_HOUSE:
        call.state.put(changed(room, occupied=True))
        leave_room(call, stay, found.parent)
    tell(call, stay, "modified", kind="room_change", reason=reason, roomId=stay.body["roomId"])
    _tell_inventory(call, stay, "room.reassigned")
    return versioned(stay)


def cancel(call: Call) -> Answer:
    """`POST …/{id}/cancel`: the nights are free again."""
    found = rules.addressed(call)
    only_members(call.document, ("reason",))
    reason = text_in(call.document, "reason")
    rules.require_transition(found, "cancelled")
    return _ended(call, found, "cancelled", reason=reason)


def mark_no_show(call: Call) -> Answer:
    """`POST …/{id}/no-show`: from the arrival date on."""
    found = rules.addressed(call)
    only_members(call.document, ("reason",))
    reason = optional_text_in(call.document, "reason")
    rules.require_transition(found, "no_show")
    if business_day(call, found.property) < found.day:
        raise rules.refused("OUTSIDE_STAY", field="arrivalDate", rule="before_arrival")
    return _ended(call, found, "no_show", reason=reason)


def amend(call: Call) -> Answer:
    """`PATCH …/{id}`: guests, wishes, a longer or shorter stay."""
    found = rules.addressed(call)
    document = call.document
    only_members(document, ("specialRequests", "adults", "children", "departureDate"))
    if found.status not in {"held", "confirmed", *rules.IN_THE_HOUSE}:
        raise rules.refused("ILLEGAL_TRANSITION", field="state", rule=f"{found.status}→modified")
    members: Document = {}
    if "specialRequests" in document:
        members["specialRequests"] = optional_text_in(
            document, "specialRequests", maximum=NOTE_CHARACTERS_MAX
        )
    if "adults" in document:
        members["adults"] = count_in(document, "adults", least=1, most=10)
    if "children" in document:
        members["children"] = count_in(document, "children", least=0, most=10)
    if "departureDate" in document:
        members |= _other_departure(call, found)
    stay = dataclasses.replace(
        changed(found, **members, updatedAt=rfc3339(call.at)),
        until=members.get("departureDate", found.until),
    )
    call.state.put(stay)
    verb = "dates_changed" if "departureDate" in members else "modified"
    tell(call, stay, verb, changed=sorted(members))
    return versioned(stay)


def _moved(
    call: Call,
    found: StoredObject,
    state: str,
    *,
    room: StoredObject | None = None,
    **members: object,
) -> StoredObject:
    """Return the reservation in its new state, in its room."""
    if room is not None:
        members["roomId"] = with_prefix("rmu", room.id)
    stay = changed(found, state=state, updatedAt=rfc3339(call.at), **members)
    parent = found.parent if room is None else ulid_of(room.id)
    return dataclasses.replace(stay, status=state, parent=parent)


def _ended(call: Call, found: StoredObject, state: str, *, reason: str | None) -> Answer:
    stay = _moved(call, found, state, endReason=reason)
    call.state.put(stay)
    tell(call, stay, state, reasonCode=reason)
    return versioned(stay)


def _tell_inventory(call: Call, stay: StoredObject, verb: str) -> None:
    payload = {
        "reservationId": stay.id,
        "propertyId": f"ppt_{stay.property}",
        "roomId": f"rom_{stay.parent}",
        "from": stay.day,
        "to": stay.until,
    }
    call.speaking_as("inventory").emit(
        f"melmastoon.inventory.{verb}.v1", key=stay.id, payload=payload
    )


def _other_departure(call: Call, found: StoredObject) -> Document:
    departure = text_in(call.document, "departureDate")
    nights = rules.nights_between(found.day, departure)
    if departure < business_day(call, found.property):
        raise rules.refused("OUTSIDE_STAY", field="departureDate", rule="in_the_past")
    total: Document = found.body["total"]
    old_nights = (date.fromisoformat(found.until) - date.fromisoformat(found.day)).days
    new_total = int(total["amountMicro"]) // old_nights * nights
    balance = int(found.body["balance"]["amountMicro"]) + new_total - int(total["amountMicro"])
    return {
        "departureDate": departure,
        "total": {**total, "amountMicro": str(new_total)},
        "balance": {**total, "amountMicro": str(balance)},
    }
