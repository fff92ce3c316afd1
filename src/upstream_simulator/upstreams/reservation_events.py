"""What reservation-service tells the others."""

from upstream_simulator.exchange import Call
from upstream_simulator.state import StoredObject


def tell(call: Call, stay: StoredObject, verb: str, **members: object) -> None:
    """Emit `melmastoon.reservation.<verb>.v1` with the stay as it is now."""
    payload = {
        "reservationId": stay.id,
        "propertyId": f"ppt_{stay.property}",
        "code": stay.body["code"],
        "state": stay.status,
        "version": stay.body["version"],
        "arrivalDate": stay.day,
        "departureDate": stay.until,
        **members,
    }
    call.emit(f"melmastoon.reservation.{verb}.v1", key=stay.id, payload=payload)
