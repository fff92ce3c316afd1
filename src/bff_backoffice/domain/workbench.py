"""What the day's work is made of: reservations, rooms, folios, as this service means them.

Values that are shown and cached as they are, hence structs with their wire names.
"""

from typing import Final, Literal

import msgspec

from bff_backoffice.domain.money import Money
from bff_backoffice.foundation.errors import ServiceError

RoomStatus = Literal[
    "clean", "dirty", "cleaning", "inspected", "ready", "out_of_order", "out_of_service"
]

CHECKED_IN: Final = frozenset({"checked_in", "in_house", "checked_out"})
CHECKED_OUT: Final = frozenset({"checked_out"})


class Guest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A guest as boards show one. The name is personal data: never logged."""

    id: str
    display_name: str


class Reservation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A reservation as lists show it. `balance` is what the reservation service last knew."""

    id: str
    code: str
    state: str
    version: int
    guest: Guest
    arrival_date: str
    departure_date: str
    room_type_id: str
    balance: Money
    flags: tuple[str, ...]
    room_id: str | None = None


class DayReservations(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The reservations of one list of a hotel day. `total` counts those not read too."""

    business_date: str
    total: int
    items: tuple[Reservation, ...]


class InHouse(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who stays tonight, counted."""

    reservations: int
    guests: int | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One line of the arrivals view: a reservation, its room's state and what is owed."""

    id: str
    code: str
    state: str
    version: int
    guest: Guest
    arrival_date: str
    departure_date: str
    room_type_id: str
    balance: Money
    flags: tuple[str, ...]
    room_id: str | None = None
    room_number: str | None = None
    room_status: RoomStatus | None = None


class HousekeptRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room as housekeeping knows it. `number` is what is on its door."""

    status: RoomStatus
    number: str | None = None


class ViewUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """The view's own upstream gave nothing and nothing recent enough is remembered."""

    code = "upstream.unavailable"


class CursorRefused(ServiceError):  # noqa: N818 - reads as the fact it states
    """The cursor is not one that this service gave for this list."""

    code = "request.malformed_query"


def with_room_and_balance(
    reservation: Reservation, *, room: HousekeptRoom | None, balance: Money | None
) -> Arrival:
    """Join what three upstreams know about one arrival."""
    return Arrival(
        id=reservation.id,
        code=reservation.code,
        state=reservation.state,
        version=reservation.version,
        guest=reservation.guest,
        arrival_date=reservation.arrival_date,
        departure_date=reservation.departure_date,
        room_type_id=reservation.room_type_id,
        balance=balance or reservation.balance,
        flags=reservation.flags,
        room_id=reservation.room_id,
        room_number=room.number if room else None,
        room_status=room.status if room else None,
    )
