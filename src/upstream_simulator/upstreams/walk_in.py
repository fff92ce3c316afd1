"""A guest at the desk without a reservation: a confirmed stay that begins today."""

from typing import Final

from upstream_simulator.bodies import count_in, object_in, only_members, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal
from upstream_simulator.identifiers import ALPHABET, new_id, ulid_of
from upstream_simulator.objects import business_day, own, versioned
from upstream_simulator.state import StoredObject
from upstream_simulator.upstream import not_found
from upstream_simulator.upstreams import reservation_rules as rules
from upstream_simulator.upstreams.nights import COMMITTED, HELD, stays_by_night
from upstream_simulator.upstreams.reservation_events import tell

NAME_CHARACTERS_MAX: Final = 200


def walk_in(call: Call) -> Answer:
    """`POST …/walk-in`: a confirmed stay that begins today, if the type has a room left."""
    document = call.document
    only_members(
        document, ("propertyId", "roomTypeId", "departureDate", "guest", "adults", "children")
    )
    owner = _property_named(call)
    room_type = own(call, document.get("roomTypeId"), kind="room_type", upstream="property")
    today = business_day(call, owner)
    nights = rules.nights_between(today, text_in(document, "departureDate"))
    if room_type.property != owner:
        raise Refusal(400, VALIDATION_FAILED, "roomTypeId is another property's")
    name = text_in(object_in(document, "guest"), "displayName", maximum=NAME_CHARACTERS_MAX)
    _require_vacancy(call, room_type, today, document["departureDate"])
    body = _walk_in_body(call, room_type, name=name, today=today, nights=nights)
    stay = StoredObject(
        upstream="reservation",
        kind="reservation",
        id=body["id"],
        tenant=call.tenant,
        property=owner,
        tag=ulid_of(room_type.id),
        status="confirmed",
        day=today,
        until=document["departureDate"],
        rank=f"00:{body['code']}",
        body=body,
    )
    call.state.put(stay)
    tell(call, stay, "confirmed")
    return versioned(stay, status=201)


def _property_named(call: Call) -> str:
    """Return the property of the body, which must be the header's too when there is one."""
    found = own(call, call.document.get("propertyId"), kind="property", upstream="property")
    if call.header("x-property-id") not in {None, found.id}:
        raise not_found()
    return found.property


def _require_vacancy(call: Call, room_type: StoredObject, first: str, last: str) -> None:
    """Refuse when the type is full on any of the nights."""
    taken = stays_by_night(call, room_type.property, (*HELD, *COMMITTED), first=first, last=last)
    of_type = [count for (_, tag), count in taken.items() if tag == ulid_of(room_type.id)]
    if max(of_type, default=0) >= room_type.body["roomCount"]:
        raise rules.refused("OVERBOOKING_BLOCKED", field="roomTypeId", rule="no_inventory")


def _walk_in_body(
    call: Call, room_type: StoredObject, *, name: str, today: str, nights: int
) -> Document:
    total = int(room_type.body["nightlyMicro"]) * nights
    hotel = own(call, f"ppt_{room_type.property}", kind="property", upstream="property")
    money = {"amountMicro": str(total), "currency": hotel.body["currency"]}
    return {
        "id": new_id("rsv", call.at),
        "tenantId": f"tnt_{call.tenant}",
        "propertyId": f"ppt_{room_type.property}",
        "code": "GM-" + "".join(call.world.random.choices(ALPHABET, k=6)),
        "state": "confirmed",
        "version": 1,
        "channel": "walk_in",
        "guest": {
            "id": new_id("gst", call.at),
            "displayName": name,
            "vip": False,
            "locale": "en",
        },
        "arrivalDate": today,
        "departureDate": call.document["departureDate"],
        "adults": count_in(call.document, "adults", least=1, most=10),
        "children": count_in(call.document, "children", least=0, most=10, default=0),
        "roomTypeId": room_type.id,
        "roomId": None,
        "ratePlanCode": "BAR",
        "total": money,
        "balance": money,
        "folioId": None,
        "flags": ["balance_due"],
        "specialRequests": None,
        "checkedInAt": None,
        "checkedOutAt": None,
        "createdAt": rfc3339(call.at),
        "updatedAt": rfc3339(call.at),
    }
