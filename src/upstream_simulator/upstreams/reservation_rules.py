"""The state machine of a reservation and what stands in the way of each step."""

from datetime import date
from typing import Final

from upstream_simulator.exchange import VALIDATION_FAILED, Call, Refusal
from upstream_simulator.identifiers import ulid_of, with_prefix
from upstream_simulator.objects import business_day, own, require_version
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import not_found

PREFIX: Final = "MELMASTOON.RESERVATION."
STATES: Final = frozenset(
    {
        "quoted",
        "held",
        "confirmed",
        "checked_in",
        "in_house",
        "checked_out",
        "cancelled",
        "no_show",
        "expired_hold",
    }
)
TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    "checked_in": frozenset({"confirmed"}),
    "checked_out": frozenset({"checked_in", "in_house"}),
    "cancelled": frozenset({"quoted", "held", "confirmed"}),
    "no_show": frozenset({"confirmed"}),
}
"""State to reach → states it may be reached from. What is not here happens by itself."""

IN_THE_HOUSE: Final = ("checked_in", "in_house")
NIGHTS_MAX: Final = 60


def refused(code: str, *, field: str, rule: str, status: int = 409) -> Refusal:
    """Say no in reservation's dialect: `violations` names the field and the rule."""
    return Refusal(status, PREFIX + code, violations=[{"field": field, "rule": rule}])


def addressed(call: Call) -> StoredObject:
    """Return the reservation a mutation is about: the tenant's and the named property's."""
    named = call.header("x-property-id")
    if named is None:
        raise Refusal(400, VALIDATION_FAILED, "X-Property-Id is missing")
    found = own(call, call.parameters["id"], kind="reservation")
    if found.property != ulid_of(named):
        raise not_found()
    require_version(call, found, code=PREFIX + "VERSION_CONFLICT")
    return found


def require_transition(found: StoredObject, state: str) -> None:
    """Refuse a step that the state machine does not have."""
    if found.status not in TRANSITIONS[state]:
        raise refused("ILLEGAL_TRANSITION", field="state", rule=f"{found.status}→{state}")


def require_stay_covers_today(call: Call, found: StoredObject) -> None:
    """Refuse to check in before the arrival date or from the departure date on."""
    today = business_day(call, found.property)
    if today < found.day:
        raise refused("OUTSIDE_STAY", field="arrivalDate", rule="before_arrival")
    if today >= found.until:
        raise refused("OUTSIDE_STAY", field="departureDate", rule="past_departure")


def room_for(call: Call, found: StoredObject, wanted: object) -> StoredObject:
    """Return housekeeping's room to check in to: wanted, else assigned, else first ready one."""
    if wanted is not None:
        if not isinstance(wanted, str):
            raise Refusal(400, VALIDATION_FAILED, "roomId is malformed")
        return checked_room(call, found, wanted)
    if found.parent:
        return checked_room(call, found, with_prefix("rmu", found.parent))
    ready = call.state.find(
        Question(
            upstream="housekeeping",
            kind="room",
            tenant=call.tenant,
            property=found.property,
            tag=found.tag,
            statuses=("ready",),
        )
    )
    for room in ready:
        if occupant(call, room) is None and not _is_promised(call, room, found):
            return room
    raise refused("NO_READY_ROOM", field="roomTypeId", rule="no_ready_room")


def checked_room(call: Call, found: StoredObject, room_id: str) -> StoredObject:
    """Return the room if this reservation may have it now; refuse with the reason."""
    if not room_id.startswith("rmu_"):
        raise refused("ROOM_NOT_FOUND", field="roomId", rule="unknown", status=422)
    room = call.state.get("housekeeping", with_prefix("rom", room_id))
    if room is None or room.tenant != call.tenant or room.property != found.property:
        raise refused("ROOM_NOT_FOUND", field="roomId", rule="unknown", status=422)
    if room.tag != found.tag:
        raise refused("ROOM_TYPE_MISMATCH", field="roomId", rule="other_room_type", status=422)
    if room.status in {"out_of_order", "out_of_service"}:
        raise refused("ROOM_BLOCKED", field="roomId", rule=room.status)
    if occupant(call, room) is not None:
        raise refused("ROOM_OCCUPIED", field="roomId", rule="occupied")
    if room.status != "ready":
        raise refused("ROOM_NOT_READY", field="roomId", rule=room.status)
    return room


def occupant(call: Call, room: StoredObject) -> StoredObject | None:
    """Return the reservation whose guest is in the room."""
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        parent=ulid_of(room.id),
        statuses=IN_THE_HOUSE,
        limit=1,
    )
    return next(iter(call.state.find(question)), None)


def _is_promised(call: Call, room: StoredObject, found: StoredObject) -> bool:
    """Tell whether another arrival of these nights already has the room."""
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        parent=ulid_of(room.id),
        statuses=("confirmed",),
        overlaps=(found.day, found.until),
    )
    return any(other.id != found.id for other in call.state.find(question))


def nights_between(first: str, last: str) -> int:
    """Count the nights; refuse what is no stay."""
    try:
        nights = (date.fromisoformat(last) - date.fromisoformat(first)).days
    except ValueError as error:
        raise Refusal(400, VALIDATION_FAILED, "departureDate is not a date") from error
    if not 0 < nights <= NIGHTS_MAX:
        raise refused("STAY_LENGTH", field="departureDate", rule="nights", status=422)
    return nights
