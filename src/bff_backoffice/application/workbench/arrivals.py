"""The arrivals of a property's open day: reservation, room and balance in one list.

The whole day is read and kept as one view; pages are cut from it, so that paging through it
asks no upstream twice.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

import msgspec

from bff_backoffice.application.ports.cursors import Cursors
from bff_backoffice.application.ports.folio_balances import FolioBalances
from bff_backoffice.application.ports.housekept_rooms import HousekeptRooms
from bff_backoffice.application.ports.reservations import Reservations
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.view_cache import (
    Freshness,
    RememberedView,
    ViewCache,
    ViewKey,
)
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.domain.workbench import (
    Arrival,
    CursorRefused,
    ViewUnavailable,
    with_room_and_balance,
)
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId

FRESHNESS: Final = Freshness(fresh_seconds=15.0, kept_seconds=600.0, fetch_seconds=1.5)
PARTIAL_FRESHNESS: Final = replace(FRESHNESS, fresh_seconds=2.0)
"""Of a view that lacks an upstream's part: long enough to spare one that fails, no longer."""
REVALIDATE_SECONDS_MAX: Final = 30.0
"""Up to this age an answer is given at once and renewed behind it; an older one is waited for."""
STALE_SECONDS_MAX: Final = 600.0
PEEK_SECONDS_MAX: Final = 0.05
PAGE_ITEMS_MAX: Final = 100

CacheMark = Literal["HIT", "MISS", "STALE"]
Found = TypeVar("Found")


class ArrivalsPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of the arrivals view, as the client gets it."""

    items: list[msgspec.Raw]
    next_cursor: str | None
    business_date: str
    partial: list[str]


class ArrivalsShape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an ArrivalsPage says once it is decoded; for the API document."""

    items: list[Arrival]
    next_cursor: str | None
    business_date: str
    partial: list[Literal["housekeeping", "billing"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalsAnswer:
    """A page and where it came from."""

    page: ArrivalsPage
    cache: CacheMark
    age_seconds: float


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    """The view as it is kept. Items stay encoded; `ids` says which is which."""

    business_date: str
    ids: list[str]
    items: list[msgspec.Raw]
    partial: list[str]


_DAY: Final = msgspec.json.Decoder(_Day)


class ReadArrivals:
    """Reads the arrivals view."""

    def __init__(
        self,
        *,
        reservations: Reservations,
        rooms: HousekeptRooms,
        balances: FolioBalances,
        cache: ViewCache,
        cursors: Cursors,
    ) -> None:
        self._reservations = reservations
        self._rooms = rooms
        self._balances = balances
        self._cache = cache
        self._cursors = cursors

    async def read(
        self,
        principal: Principal,
        *,
        property_id: PropertyId,
        facts: RequestFacts,
        deadline: Deadline,
        limit: int,
        cursor: str | None,
    ) -> ArrivalsAnswer:
        """Return one page. Raises ViewUnavailable or CursorRefused.

        Everybody of the property shares the answer, so nobody is named in the calls.
        """
        scope = CallScope(
            tenant_id=principal.tenant_id,
            property_id=property_id,
            deadline=deadline,
            request_id=facts.request_id,
            traceparent=facts.traceparent,
        )
        bound_to = f"arrivals {principal.tenant_id} {property_id}"
        place = None
        if cursor is not None:
            place = self._cursors.open(cursor, bound_to=bound_to)
            if place is None:
                raise CursorRefused(fields=(("cursor", "invalid"),))
        view, mark = await self._view(scope, property_id)
        day = _DAY.decode(view.body)
        page = self._cut(day, place=place, limit=min(limit, PAGE_ITEMS_MAX), bound_to=bound_to)
        return ArrivalsAnswer(page=page, cache=mark, age_seconds=view.age_seconds)

    async def _view(
        self, scope: CallScope, property_id: PropertyId
    ) -> tuple[RememberedView, CacheMark]:
        key = ViewKey(
            view="workbench.arrivals",
            tenant_id=scope.tenant_id,
            property_id=property_id,
            topics=("reservation", "housekeeping", "billing"),
        )

        async def fetch(deadline: Deadline) -> bytes:
            return msgspec.json.encode(await self._compose(scope.within(deadline)))

        (known,) = await self._cache.peek([key], timeout_seconds=PEEK_SECONDS_MAX)
        is_partial = known is not None and bool(_DAY.decode(known.body).partial)
        freshness = PARTIAL_FRESHNESS if is_partial else FRESHNESS
        if known is not None and known.is_fresh(freshness):
            return known, "HIT"
        if known is not None and known.is_current and known.age_seconds <= REVALIDATE_SECONDS_MAX:
            self._cache.refresh(key, fetch, freshness=freshness)
            return known, "STALE"
        try:
            fetched = await self._cache.load(
                key, fetch, freshness=freshness, deadline=scope.deadline
            )
        except UpstreamFailure as failure:
            if known is None or known.age_seconds > STALE_SECONDS_MAX:
                raise ViewUnavailable(retry_after_seconds=failure.retry_after_seconds) from failure
            return known, "STALE"
        return fetched, "MISS"

    async def _compose(self, scope: CallScope) -> _Day:
        """Ask all three at once; only the reservations themselves are indispensable."""
        reservations, rooms, balances = await asyncio.gather(
            self._reservations.arrivals(scope),
            self._rooms.rooms(scope),
            self._balances.open_balances(scope),
            return_exceptions=True,
        )
        if isinstance(reservations, NotFoundUpstream):
            raise UpstreamFailure(upstream="reservation", reason="rejected")
        if isinstance(reservations, BaseException):
            raise reservations
        partial: list[str] = []
        room_by_id = _or_empty(rooms, "housekeeping", partial)
        balance_by_reservation = _or_empty(balances, "billing", partial)
        arrivals = [
            with_room_and_balance(
                reservation,
                room=room_by_id.get(reservation.room_id or ""),
                balance=balance_by_reservation.get(reservation.id),
            )
            for reservation in reservations.items
        ]
        return _Day(
            business_date=reservations.business_date,
            ids=[arrival.id for arrival in arrivals],
            items=[msgspec.Raw(msgspec.json.encode(arrival)) for arrival in arrivals],
            partial=partial,
        )

    def _cut(self, day: _Day, *, place: str | None, limit: int, bound_to: str) -> ArrivalsPage:
        start = _start_of(day, place)
        end = start + limit
        next_cursor = None
        if end < len(day.ids):
            last = day.ids[end - 1]
            next_cursor = self._cursors.seal(f"{day.business_date} {end} {last}", bound_to=bound_to)
        return ArrivalsPage(
            items=day.items[start:end],
            next_cursor=next_cursor,
            business_date=day.business_date,
            partial=day.partial,
        )


def _start_of(day: _Day, place: str | None) -> int:
    """Return where the page starts: after the last one shown, or at its number if that is gone."""
    if place is None:
        return 0
    business_date, number, last = place.split(" ")
    if business_date != day.business_date:
        raise CursorRefused(fields=(("cursor", "day_closed"),))
    return day.ids.index(last) + 1 if last in day.ids else min(int(number), len(day.ids))


def _or_empty(
    found: Mapping[str, Found] | BaseException, upstream: str, partial: list[str]
) -> Mapping[str, Found]:
    """Return what was found; where that is a failure, nothing, and name the upstream."""
    if isinstance(found, UpstreamFailure | NotFoundUpstream):
        partial.append(upstream)
        return {}
    if isinstance(found, BaseException):
        raise found
    return found
