"""reservation-service: `ppt_` properties, money as we write it, flat problems, pages of 200."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import (
    ArrivalsBoard,
    ArrivingRooms,
    BoardLine,
    DayProgress,
    DeparturesBoard,
    InHouseCount,
)
from bff_backoffice.domain.money import Money
from bff_backoffice.domain.workbench import (
    CHECKED_IN,
    CHECKED_OUT,
    DayReservations,
    Guest,
    InHouse,
    Reservation,
)
from bff_backoffice.infrastructure.upstreams.dialect import (
    Dialect,
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

RESERVATION_DIALECT: Final = Dialect(upstream="reservation")
BASE: Final = "/api/v1/reservations"
PAGE_ITEMS: Final = 200
BOARD_LINES_MAX: Final = 50


class _Guest(msgspec.Struct, rename="camel"):
    id: str
    display_name: str


class ReservationAnswer(msgspec.Struct, rename="camel"):
    """A reservation in its own service's words."""

    id: str
    code: str
    state: str
    version: int
    guest: _Guest
    arrival_date: str
    departure_date: str
    room_type_id: str
    balance: Money
    room_id: str | None = None
    flags: list[str] = []


class _Page(msgspec.Struct, rename="camel"):
    items: list[ReservationAnswer]
    business_date: str
    total: int
    next_cursor: str | None = None
    guests: int | None = None


_PAGE: Final = msgspec.json.Decoder(_Page)


class ReservationGateway:
    """Implements Reservations and the widget sources that come from them."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, RESERVATION_DIALECT)

    async def arrivals(self, scope: CallScope) -> DayReservations:
        """Return who arrives today; see Reservations."""
        return await self._day("arrivals", scope)

    async def departures(self, scope: CallScope) -> DayReservations:
        """Return who leaves or has left today."""
        return await self._day("departures", scope)

    async def in_house(self, scope: CallScope) -> InHouse:
        """Count who stays tonight: the first page says how many there are in all."""
        page = await self._page("in-house", scope, cursor=None, items_max=1)
        return InHouse(reservations=page.total, guests=page.guests)

    async def arrivals_views(self, scope: CallScope) -> Views:
        """Return the arrivals board, its count and the rooms waited for."""
        day = await self.arrivals(scope)
        done = sum(item.state in CHECKED_IN for item in day.items)
        return {
            "arrivals_board": ArrivalsBoard(
                business_date=day.business_date,
                total=day.total,
                checked_in=done,
                items=_board(day),
            ),
            "arrivals": _progress(day, done),
            "arriving_rooms": ArrivingRooms(
                reservation_by_room={
                    item.room_id: item.id
                    for item in day.items
                    if item.room_id is not None and item.state not in CHECKED_IN
                }
            ),
        }

    async def departures_views(self, scope: CallScope) -> Views:
        """Return the departures board and its count."""
        day = await self.departures(scope)
        done = sum(item.state in CHECKED_OUT for item in day.items)
        return {
            "departures_board": DeparturesBoard(
                business_date=day.business_date,
                total=day.total,
                checked_out=done,
                items=_board(day),
            ),
            "departures": _progress(day, done),
        }

    async def in_house_views(self, scope: CallScope) -> Views:
        """Return the in-house count."""
        count = await self.in_house(scope)
        return {"in_house": InHouseCount(reservations=count.reservations, guests=count.guests)}

    async def _day(self, which: str, scope: CallScope) -> DayReservations:
        first: list[_Page] = []

        async def read_page(cursor: str | None) -> PageRead[ReservationAnswer]:
            page = await self._page(which, scope, cursor=cursor, items_max=PAGE_ITEMS)
            first.append(page)
            return PageRead(page.items, page.next_cursor)

        items = await all_pages(read_page)
        return DayReservations(
            business_date=first[0].business_date,
            total=first[0].total,
            items=tuple(our_reservation(item) for item in items),
        )

    async def _page(
        self, which: str, scope: CallScope, *, cursor: str | None, items_max: int
    ) -> _Page:
        query = {
            "propertyId": RESERVATION_DIALECT.property_sent(scope),
            "limit": str(items_max),
        }
        return await self._reader.get(
            f"{BASE}/{which}", _PAGE, scope=scope, query=with_cursor(query, cursor)
        )


def our_reservation(answer: ReservationAnswer) -> Reservation:
    """Return the reservation with our ids."""
    return Reservation(
        id=RESERVATION_DIALECT.our_reservation(answer.id),
        code=answer.code,
        state=answer.state,
        version=answer.version,
        guest=Guest(id=answer.guest.id, display_name=answer.guest.display_name),
        arrival_date=answer.arrival_date,
        departure_date=answer.departure_date,
        room_type_id=RESERVATION_DIALECT.our_room_type(answer.room_type_id),
        balance=answer.balance,
        flags=tuple(answer.flags),
        room_id=RESERVATION_DIALECT.our_room_or_none(answer.room_id),
    )


def _progress(day: DayReservations, done: int) -> DayProgress:
    return DayProgress(
        business_date=day.business_date, total=day.total, done=done, remaining=day.total - done
    )


def _board(day: DayReservations) -> tuple[BoardLine, ...]:
    return tuple(
        BoardLine(
            reservation_id=item.id,
            code=item.code,
            guest_name=item.guest.display_name,
            room_type_id=item.room_type_id,
            state=item.state,
            flags=item.flags,
            room_id=item.room_id,
        )
        for item in day.items[:BOARD_LINES_MAX]
    )
