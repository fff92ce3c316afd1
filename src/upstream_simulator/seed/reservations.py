"""The seed of reservation-service and of billing's folios."""

from collections.abc import Iterator

from upstream_simulator.documents import Document
from upstream_simulator.seed.plot import Plot
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

_GUESTS_KNOWN_SINCE = -7


def reservation_objects(plot: Plot, stays: list[Stay]) -> Iterator[StoredObject]:
    """Yield each stay as a reservation, and its guest."""
    for stay in stays:
        identifier = plot.id("rsv", stay.name)
        body = _body(plot, stay, identifier)
        yield StoredObject(
            upstream="reservation",
            kind="reservation",
            id=identifier,
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            parent=stay.room.ulid if stay.has_room else "",
            tag=stay.room.type_ulid,
            status=stay.state,
            day=body["arrivalDate"],
            until=body["departureDate"],
            rank=f"{stay.due_hour:02d}:{stay.code}",
            body=body,
        )
        if stay.departure >= _GUESTS_KNOWN_SINCE:
            yield _guest(plot, stay)


def has_folio(stay: Stay) -> bool:
    """Tell whether billing has opened a folio for the stay."""
    near = stay.departure >= -2 and stay.arrival <= 0  # noqa: PLR2004 - days
    return near and stay.state in {"confirmed", "checked_in", "in_house", "checked_out"}


def _body(plot: Plot, stay: Stay, identifier: str) -> Document:
    balance = stay.total_micro - stay.paid_micro
    arrived = stay.state in {"checked_in", "in_house", "checked_out"}
    return {
        "id": identifier,
        "tenantId": f"tnt_{plot.tenant_ulid}",
        "propertyId": f"ppt_{plot.ulid}",
        "code": stay.code,
        "state": stay.state,
        "version": 1,
        "channel": stay.channel,
        "guest": {
            "id": plot.id("gst", stay.name),
            "displayName": stay.guest.name,
            "vip": stay.vip,
            "locale": stay.guest.locale,
        },
        "arrivalDate": plot.date(stay.arrival),
        "departureDate": plot.date(stay.departure),
        "adults": stay.adults,
        "children": stay.children,
        "roomTypeId": f"rmt_{stay.room.type_ulid}",
        "roomId": f"rmu_{stay.room.ulid}" if stay.has_room else None,
        "ratePlanCode": "BAR",
        "total": plot.money(stay.total_micro),
        "balance": plot.money(balance),
        "folioId": plot.id("fol", stay.name) if has_folio(stay) else None,
        "flags": _flags(stay, balance),
        "specialRequests": stay.request,
        "checkedInAt": plot.moment(stay.arrival, 14 if stay.arrival < 0 else 5)
        if arrived
        else None,
        "checkedOutAt": plot.moment(stay.departure, 10) if stay.state == "checked_out" else None,
        "createdAt": plot.moment(stay.arrival - 14, 9),
        "updatedAt": plot.moment(min(stay.arrival, 0) - 1, 9),
    }


def _flags(stay: Stay, balance: int) -> list[str]:
    late_hour = 21
    flags = {
        "vip": stay.vip,
        "late_arrival": stay.due_hour >= late_hour,
        "special_request": stay.request is not None,
        "balance_due": balance > 0,
    }
    return [name for name, applies in flags.items() if applies]


def _guest(plot: Plot, stay: Stay) -> StoredObject:
    identifier = plot.id("gst", stay.name)
    number = plot.random(f"phone/{stay.name}").randrange(10**7)
    return StoredObject(
        upstream="reservation",
        kind="guest",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=plot.id("rsv", stay.name),
        rank=stay.guest.name,
        body={
            "id": identifier,
            "displayName": stay.guest.name,
            "locale": stay.guest.locale,
            "email": f"guest.{stay.code.lower()}@example.com",
            "phoneE164": f"+9370{number:07d}",
            "vip": stay.vip,
        },
    )
