"""The seed of property-service and of housekeeping's rooms."""

from collections.abc import Iterator
from random import Random
from typing import Final

from upstream_simulator.seed.plot import Plot, Room
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

_OCCUPIED: Final = (("clean", 0.5), ("dirty", 0.5))
_DEPARTED: Final = (("dirty", 0.4), ("cleaning", 0.2), ("inspected", 0.15), ("ready", 0.25))
_VACANT: Final = (("ready", 0.72), ("clean", 0.08), ("inspected", 0.08), ("dirty", 0.12))


def property_objects(plot: Plot) -> Iterator[StoredObject]:
    """Yield the hotel, its room types and rooms."""
    plan = plot.plan
    yield StoredObject(
        upstream="property",
        kind="property",
        id=f"ppt_{plot.ulid}",
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        status="published",
        rank=plan.slug,
        body={
            "id": f"ppt_{plot.ulid}",
            "tenantId": f"tnt_{plot.tenant_ulid}",
            "slug": plan.slug,
            "name": {
                "default": plan.name,
                "values": {"en": plan.name, "fa": plan.name_fa, "ps": plan.name_ps},
            },
            "timezone": plan.timezone,
            "currency": plan.currency,
            "businessDate": plot.day,
            "businessDayOpenedAt": plot.moment(0, 3),
            "status": "published",
            "address": {"city": plan.city, "countryIso2": plan.country},
            "checkInTime": "14:00",
            "checkOutTime": "12:00",
            "roomCount": len(plot.rooms),
            "version": 1,
        },
    )
    yield from _room_types(plot)
    for room in plot.rooms:
        yield _property_room(plot, room)


def _room_types(plot: Plot) -> Iterator[StoredObject]:
    for kind in plot.plan.room_types:
        identifier = plot.type_id("rmt", kind.code)
        yield StoredObject(
            upstream="property",
            kind="room_type",
            id=identifier,
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            status="active",
            rank=f"{kind.nightly_micro:020d}",
            body={
                "id": identifier,
                "code": kind.code,
                "name": kind.name,
                "capacity": kind.capacity,
                "bedConfiguration": kind.beds,
                "roomCount": sum(room.type is kind for room in plot.rooms),
                "status": "active",
                "nightlyMicro": str(kind.nightly_micro),
            },
        )


def _property_room(plot: Plot, room: Room) -> StoredObject:
    return StoredObject(
        upstream="property",
        kind="room",
        id=f"rmu_{room.ulid}",
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        tag=room.type_ulid,
        status=room.condition,
        rank=room.number.zfill(5),
        body={
            "id": f"rmu_{room.ulid}",
            "number": room.number,
            "floor": room.floor,
            "roomTypeId": f"rmt_{room.type_ulid}",
            "status": room.condition,
            "notes": "",
            "version": 1,
        },
    )


def housekeeping_rooms(plot: Plot, stays: list[Stay]) -> Iterator[StoredObject]:
    """Yield housekeeping's view of each room today."""
    random = plot.random("room status")
    occupied = {stay.room.ulid for stay in stays if stay.is_in_the_house}
    leaving = {stay.room.ulid for stay in stays if stay.is_in_the_house and stay.departure == 0}
    departed = {
        stay.room.ulid for stay in stays if stay.state == "checked_out" and stay.departure == 0
    }
    for room in plot.rooms:
        status = room.condition
        if status == "active":
            shares = (
                _OCCUPIED
                if room.ulid in occupied
                else _DEPARTED
                if room.ulid in departed
                else _VACANT
            )
            status = "dirty" if room.ulid in leaving else _draw(random, shares)
        yield StoredObject(
            upstream="housekeeping",
            kind="room",
            id=f"rom_{room.ulid}",
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            tag=room.type_ulid,
            status=status,
            rank=room.number.zfill(5),
            body={
                "roomId": f"rom_{room.ulid}",
                "propertyId": f"prp_{plot.ulid}",
                "number": room.number,
                "floor": room.floor,
                "status": status,
                "occupied": room.ulid in occupied,
                "updatedAt": plot.moment(0, 7),
                "version": 1,
            },
        )


def _draw(random: Random, shares: tuple[tuple[str, float], ...]) -> str:
    return random.choices([name for name, _ in shares], [share for _, share in shares])[0]
