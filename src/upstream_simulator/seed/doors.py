"""The seed of lock-integration: a lock on every door, a key for every guest in the house."""

from collections.abc import Iterator
from typing import Final

from upstream_simulator.documents import Document
from upstream_simulator.seed.plot import Plot, Room
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

VENDORS: Final = ("ttlock", "salto", "assa-abloy", "generic-wiegand")
KINDS: Final = {
    "ttlock": ["mobile_app", "pin_code", "rfid_card"],
    "salto": ["mobile_app", "rfid_card", "nfc_tag"],
    "assa-abloy": ["rfid_card", "mobile_app"],
    "generic-wiegand": ["rfid_card", "pin_code", "qr_code"],
}
_AREAS: Final = ("Main entrance", "Gym", "Staff entrance")


def lock_objects(plot: Plot, stays: list[Stay]) -> Iterator[StoredObject]:
    """Yield the doors and the keys."""
    for room in plot.rooms:
        yield _device(plot, f"door/{room.number}", f"Room {room.number}", room)
    for area in _AREAS:
        yield _device(plot, f"door/{area}", area, None)
    for stay in stays:
        just_left = stay.state == "checked_out" and stay.departure == 0
        if stay.is_in_the_house or just_left:
            yield _credential(plot, stay)


def vendor_of(floor: int) -> str:
    """Each floor has its vendor: hotels are renovated floor by floor."""
    return VENDORS[(floor - 1) % len(VENDORS)]


def _device(plot: Plot, name: str, title: str, room: Room | None) -> StoredObject:
    random = plot.random(name)
    vendor = vendor_of(1 if room is None else room.floor)
    battery = random.randint(25, 100)
    chance = random.random()
    health = "ok"
    if chance < 0.02:  # noqa: PLR2004 - a share
        health, battery = "battery_low", random.randint(2, 12)
    elif chance < 0.03:  # noqa: PLR2004 - a share
        health = "offline"
    elif chance < 0.033:  # noqa: PLR2004 - a share
        health = "tamper"
    identifier = plot.id("lck", name)
    return StoredObject(
        upstream="lock-integration",
        kind="device",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent="" if room is None else room.ulid,
        tag=vendor,
        status=health,
        rank=f"{'z' if room is None else ''}{title.rjust(16)}",
        body={
            "id": identifier,
            "propertyId": f"ppt_{plot.ulid}",
            "roomId": None if room is None else f"rmu_{room.ulid}",
            "name": title,
            "vendor": vendor,
            "batteryPercent": battery,
            "online": health != "offline",
            "health": health,
            "lastSeenAt": plot.moment(-1 if health == "offline" else 0, 6),
            "supportedKinds": KINDS[vendor],
            "version": 1,
        },
    )


def _credential(plot: Plot, stay: Stay) -> StoredObject:
    identifier = plot.id("key", stay.name)
    vendor = vendor_of(stay.room.floor)
    revoked = stay.state == "checked_out"
    state = "revoked" if revoked else "active"
    body: Document = {
        "id": identifier,
        "tenantId": f"tnt_{plot.tenant_ulid}",
        "propertyId": f"ppt_{plot.ulid}",
        "reservationId": plot.id("rsv", stay.name),
        "deviceIds": [plot.id("lck", f"door/{stay.room.number}")],
        "holder": "guest",
        "kind": KINDS[vendor][0],
        "rooms": [f"rmu_{stay.room.ulid}"],
        "scope": {"areas": ["Main entrance"]},
        "validFrom": plot.moment(min(stay.arrival, 0), 14),
        "validUntil": plot.moment(stay.departure, 12),
        "state": state,
        "vendor": vendor,
        "revokeReason": "checkout" if revoked else None,
        "failureReason": None,
        "issuedAt": plot.moment(min(stay.arrival, 0), 6),
        "revokedAt": plot.moment(0, 10) if revoked else None,
        "version": 1,
    }
    return StoredObject(
        upstream="lock-integration",
        kind="credential",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=plot.id("rsv", stay.name).removeprefix("rsv_"),
        tag=body["deviceIds"][0],
        status=state,
        rank=body["issuedAt"],
        body=body,
    )
