import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import msgspec
import pytest
from tests.fakes.cursors import FakeCursors
from tests.fakes.dashboard_sources import FACTS, principal
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_cache import FakeViewCache

from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.workbench.arrivals import ArrivalsAnswer, ReadArrivals
from bff_backoffice.domain.money import Money, money
from bff_backoffice.domain.workbench import (
    CursorRefused,
    DayReservations,
    Guest,
    HousekeptRoom,
    InHouse,
    Reservation,
    ViewUnavailable,
)
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, TenantId

PROPERTY = PropertyId("prop_A")
CALLER = principal("front_desk")


def reservation(number: int) -> Reservation:
    return Reservation(
        id=f"rsv_{number}",
        code=f"GM-{number}",
        state="confirmed",
        version=number,
        guest=Guest(id=f"gst_{number}", display_name="Farid Noori"),
        arrival_date="2026-03-13",
        departure_date="2026-03-14",
        room_type_id="rmt_A",
        balance=money(number, "USD"),
        flags=(),
        room_id=f"rmu_{number}" if number % 2 else None,
    )


@dataclass(slots=True)
class FakeUpstreams:
    """Implements Reservations, HousekeptRooms and FolioBalances."""

    count: int = 5
    business_date: str = "2026-03-13"
    failures: dict[str, Exception] = field(default_factory=dict[str, Exception])
    scopes: list[CallScope] = field(default_factory=list[CallScope])

    async def arrivals(self, scope: CallScope) -> DayReservations:
        self._ask("reservation", scope)
        items = tuple(reservation(number) for number in range(1, self.count + 1))
        return DayReservations(business_date=self.business_date, total=self.count, items=items)

    async def departures(self, scope: CallScope) -> DayReservations:
        return await self.arrivals(scope)

    async def in_house(self, scope: CallScope) -> InHouse:
        return InHouse(reservations=self.count)

    async def rooms(self, scope: CallScope) -> Mapping[str, HousekeptRoom]:
        self._ask("housekeeping", scope)
        return {
            "rmu_1": HousekeptRoom(status="ready", number="204"),
            "rmu_3": HousekeptRoom(status="dirty"),
        }

    async def open_balances(self, scope: CallScope) -> Mapping[str, Money]:
        self._ask("billing", scope)
        return {"rsv_1": money(1_000_000, "USD")}

    def _ask(self, upstream: str, scope: CallScope) -> None:
        self.scopes.append(scope)
        if upstream in self.failures:
            raise self.failures[upstream]


@dataclass(slots=True)
class Desk:
    clock: ManualClock = field(default_factory=ManualClock)
    upstreams: FakeUpstreams = field(default_factory=FakeUpstreams)
    cache: FakeViewCache = field(init=False)
    read_arrivals: ReadArrivals = field(init=False)

    def __post_init__(self) -> None:
        self.cache = FakeViewCache(self.clock)
        self.read_arrivals = ReadArrivals(
            reservations=self.upstreams,
            rooms=self.upstreams,
            balances=self.upstreams,
            cache=self.cache,
            cursors=FakeCursors(),
        )

    async def read(self, *, limit: int = 50, cursor: str | None = None) -> ArrivalsAnswer:
        return await self.read_arrivals.read(
            CALLER,
            property_id=PROPERTY,
            facts=FACTS,
            deadline=Deadline.after(1, self.clock),
            limit=limit,
            cursor=cursor,
        )

    def fail(self, upstream: str) -> None:
        self.upstreams.failures[upstream] = UpstreamFailure(upstream=upstream, reason="error")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.cache.close()


def items_of(answer: ArrivalsAnswer) -> list[dict[str, object]]:
    return [msgspec.json.decode(item, type=dict[str, object]) for item in answer.page.items]


async def test_an_arrival_joins_reservation_room_and_balance(desk: Desk) -> None:
    answer = await desk.read()
    first, second, third, *_ = items_of(answer)

    assert first == {
        "id": "rsv_1",
        "code": "GM-1",
        "state": "confirmed",
        "version": 1,
        "guest": {"id": "gst_1", "displayName": "Farid Noori"},
        "arrivalDate": "2026-03-13",
        "departureDate": "2026-03-14",
        "roomTypeId": "rmt_A",
        "roomId": "rmu_1",
        "roomNumber": "204",
        "roomStatus": "ready",
        "balance": {"amountMicro": "1000000", "currency": "USD"},
        "flags": [],
    }
    assert "roomId" not in second
    assert "roomStatus" not in second
    assert "roomNumber" not in third
    assert second["balance"] == {"amountMicro": "2", "currency": "USD"}
    assert third["roomStatus"] == "dirty"
    assert (answer.page.business_date, answer.page.partial) == ("2026-03-13", [])
    assert (answer.cache, answer.page.next_cursor) == ("MISS", None)


async def test_the_calls_name_the_property_and_no_operator(desk: Desk) -> None:
    await desk.read()

    assert len(desk.upstreams.scopes) == 3
    assert {(scope.property_id, scope.operator_id) for scope in desk.upstreams.scopes} == {
        (PROPERTY, None)
    }


@pytest.mark.parametrize("upstream", ["housekeeping", "billing"])
async def test_without_an_enrichment_the_arrivals_still_come_and_say_so(
    desk: Desk, upstream: str
) -> None:
    desk.fail(upstream)
    answer = await desk.read()

    assert answer.page.partial == [upstream]
    assert len(answer.page.items) == 5


async def test_an_upstream_that_does_not_know_the_property_counts_as_missing(desk: Desk) -> None:
    desk.upstreams.failures["billing"] = NotFoundUpstream("billing")

    assert (await desk.read()).page.partial == ["billing"]


@pytest.mark.parametrize(
    "failure",
    [UpstreamFailure(upstream="reservation", reason="timeout"), NotFoundUpstream("reservation")],
)
async def test_without_the_reservations_there_is_no_view(desk: Desk, failure: Exception) -> None:
    desk.upstreams.failures["reservation"] = failure
    with pytest.raises(ViewUnavailable):
        await desk.read()

    assert desk.cache.held == {}


async def test_a_mistake_of_ours_is_not_called_a_missing_upstream(desk: Desk) -> None:
    desk.upstreams.failures["billing"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await desk.read()


async def test_a_fresh_view_is_a_hit(desk: Desk) -> None:
    await desk.read()
    desk.clock.advance(14)
    answer = await desk.read()

    assert (answer.cache, answer.age_seconds) == ("HIT", 14)
    assert len(desk.upstreams.scopes) == 3


async def test_a_view_that_lacks_a_part_is_renewed_after_two_seconds(desk: Desk) -> None:
    desk.fail("housekeeping")
    await desk.read()
    desk.clock.advance(2)
    assert (await desk.read()).cache == "HIT"

    desk.upstreams.failures.clear()
    desk.clock.advance(1)
    behind = await desk.read()
    assert (behind.cache, behind.page.partial) == ("STALE", ["housekeeping"])
    await asyncio.gather(*desk.cache.flights.values())

    whole = await desk.read()
    assert (whole.cache, whole.page.partial) == ("HIT", [])


async def test_a_little_later_the_old_view_comes_at_once_and_is_renewed_behind(
    desk: Desk,
) -> None:
    await desk.read()
    desk.clock.advance(20)
    assert (await desk.read()).cache == "STALE"
    await asyncio.gather(*desk.cache.flights.values())

    assert (await desk.read()).cache == "HIT"
    assert len(desk.upstreams.scopes) == 6


async def test_much_later_the_new_view_is_waited_for(desk: Desk) -> None:
    await desk.read()
    desk.clock.advance(60)

    assert (await desk.read()).cache == "MISS"


async def test_while_the_upstream_fails_the_old_view_stands_in_for_ten_minutes(
    desk: Desk,
) -> None:
    await desk.read()
    desk.fail("reservation")
    desk.clock.advance(599)
    answer = await desk.read()
    assert (answer.cache, answer.age_seconds) == ("STALE", 599)

    desk.clock.advance(2)
    with pytest.raises(ViewUnavailable):
        await desk.read()


async def test_after_a_check_in_the_new_view_is_waited_for(desk: Desk) -> None:
    await desk.read()
    await desk.cache.invalidate(TenantId("tnt_A"), PROPERTY, ["reservation"])

    assert (await desk.read()).cache == "MISS"


async def test_pages_cover_the_day_once_each_from_one_view(desk: Desk) -> None:
    seen: list[object] = []
    cursor: str | None = None
    for _ in range(3):
        answer = await desk.read(limit=2, cursor=cursor)
        seen += [item["id"] for item in items_of(answer)]
        cursor = answer.page.next_cursor

    assert seen == [f"rsv_{number}" for number in range(1, 6)]
    assert cursor is None
    assert len(desk.upstreams.scopes) == 3


async def test_a_cursor_survives_that_its_last_reservation_is_gone(desk: Desk) -> None:
    place = "arrivals tnt_A prop_A|2026-03-13 2 rsv_cancelled_since"

    assert [item["id"] for item in items_of(await desk.read(cursor=place))] == [
        "rsv_3",
        "rsv_4",
        "rsv_5",
    ]


@pytest.mark.parametrize(
    "cursor",
    [
        "made up",
        "arrivals tnt_B prop_A|2026-03-13 2 rsv_2",
        "arrivals tnt_A prop_A|2026-03-12 2 rsv_2",
    ],
)
async def test_a_cursor_of_another_list_or_another_day_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(CursorRefused):
        await desk.read(cursor=cursor)
