"""billing-service: tenants `t_`, reservations `res_`, pages under `pagination`."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.domain.dashboard_views import (
    CashDrawer,
    EndOfDayVariance,
    FolioException,
    FolioExceptions,
)
from bff_backoffice.domain.money import Money, total_of
from bff_backoffice.infrastructure.upstreams.dialect import (
    Dialect,
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

BILLING_DIALECT: Final = Dialect(upstream="billing", tenant="t", property="prop", reservation="res")
PAGE_FOLIOS: Final = 100
EXCEPTIONS_SHOWN_MAX: Final = 20
NOT_CLOSED: Final = "pending,open,balance_due,settled,re_opened"
"""A house has thousands of closed folios, and nobody who arrives today has one."""


class _Folio(msgspec.Struct, rename="camel"):
    id: str
    balance: Money
    reservation_id: str | None = None
    exception: str | None = None


class _Pagination(msgspec.Struct, rename="camel"):
    next_cursor: str | None = None


class _Folios(msgspec.Struct):
    items: list[_Folio]
    pagination: _Pagination


class _Drawer(msgspec.Struct, rename="camel"):
    id: str
    state: Literal["open", "closed"]
    balance: Money | None = None
    opened_at: str | None = None


class _Drawers(msgspec.Struct):
    items: list[_Drawer]


class _EndOfDay(msgspec.Struct, rename="camel"):
    business_date: str
    expected: Money
    counted: Money
    variance: Money


_FOLIOS: Final = msgspec.json.Decoder(_Folios)
_DRAWERS: Final = msgspec.json.Decoder(_Drawers)
_END_OF_DAY: Final = msgspec.json.Decoder(_EndOfDay)


class BillingGateway:
    """Implements FolioBalances and billing's widget sources."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, BILLING_DIALECT)

    async def open_balances(self, scope: CallScope) -> Mapping[str, Money]:
        """Return what each reservation owes; see FolioBalances."""
        folios = await self._folios(scope, {"status": NOT_CLOSED})
        return {
            BILLING_DIALECT.our_reservation(folio.reservation_id): folio.balance
            for folio in folios
            if folio.reservation_id is not None
        }

    async def exception_views(self, scope: CallScope) -> Views:
        """Return the folios that somebody should look at."""
        folios = await self._folios(scope, {"exception": "true"})
        found = [
            FolioException(
                folio_id=folio.id,
                reservation_id=BILLING_DIALECT.our_reservation(folio.reservation_id),
                reason=folio.exception,
                balance=folio.balance,
            )
            for folio in folios
            if folio.reservation_id is not None and folio.exception is not None
        ]
        return {
            "folio_exceptions": FolioExceptions(
                count=len(found),
                items=tuple(found[:EXCEPTIONS_SHOWN_MAX]),
                total=total_of([line.balance for line in found]),
            )
        }

    async def end_of_day_views(self, scope: CallScope) -> Views:
        """Return the last closed day's variance; nothing where no drawer was ever counted."""
        query = {"propertyId": BILLING_DIALECT.property_sent(scope)}
        try:
            day = await self._reader.get(
                "/api/v1/end-of-day", _END_OF_DAY, scope=scope, query=query
            )
        except NotFoundUpstream:
            return {}
        return {
            "end_of_day_variance": EndOfDayVariance(
                business_date=day.business_date,
                variance=day.variance,
                expected=day.expected,
                counted=day.counted,
            )
        }

    async def drawer_views(self, scope: CallScope) -> Views:
        """Return the asking operator's drawer, `none` where there is none."""
        query = {
            "propertyId": BILLING_DIALECT.property_sent(scope),
            "operatorId": scope.asking_operator(),
        }
        drawers = await self._reader.get("/api/v1/cash-drawers", _DRAWERS, scope=scope, query=query)
        own = sorted(drawers.items, key=lambda drawer: drawer.state != "open")
        if not own:
            return {"cash_drawer": CashDrawer(state="none")}
        return {
            "cash_drawer": CashDrawer(
                state=own[0].state,
                drawer_id=own[0].id,
                balance=own[0].balance,
                opened_at=own[0].opened_at,
            )
        }

    async def _folios(self, scope: CallScope, filters: Mapping[str, str]) -> tuple[_Folio, ...]:
        query = {
            "propertyId": BILLING_DIALECT.property_sent(scope),
            "limit": str(PAGE_FOLIOS),
            **filters,
        }

        async def read_page(cursor: str | None) -> PageRead[_Folio]:
            page = await self._reader.get(
                "/api/v1/folios", _FOLIOS, scope=scope, query=with_cursor(query, cursor)
            )
            return PageRead(page.items, page.pagination.next_cursor)

        return await all_pages(read_page)
