from dataclasses import dataclass, field

import msgspec
import pytest
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_requests import view_request

from bff_backoffice.application.workbench.arrivals import (
    ArrivalsAnswer,
    ArrivalsPage,
    ReadArrivals,
)
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.presentation.http import Answer, MalformedQuery
from bff_backoffice.presentation.routes.workbench import WorkbenchRoutes
from bff_backoffice.presentation.routing import PropertyScope


@dataclass(slots=True)
class FixedArrivals(ReadArrivals):
    """Answers with one page and remembers what it was asked."""

    asked: list[tuple[int, str | None]] = field(default_factory=list[tuple[int, str | None]])

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
        self.asked.append((limit, cursor))
        page = ArrivalsPage(
            items=[msgspec.Raw(b'{"id":"rsv_1"}')],
            next_cursor=None,
            business_date="2026-03-13",
            partial=["billing"],
        )
        return ArrivalsAnswer(page=page, cache="STALE", age_seconds=20.7)


@dataclass(slots=True)
class Door:
    arrivals: FixedArrivals = field(default_factory=FixedArrivals)

    async def ask(self, query: str = "", **headers: str) -> Answer:
        request = view_request("/arrivals", ManualClock(), query=query, headers=headers)
        return await WorkbenchRoutes(read_arrivals=self.arrivals).get_arrivals(request)


async def test_a_page_says_where_it_comes_from() -> None:
    answer = await Door().ask()

    assert msgspec.json.decode(answer.body) == {
        "items": [{"id": "rsv_1"}],
        "nextCursor": None,
        "businessDate": "2026-03-13",
        "partial": ["billing"],
    }
    headers = dict(answer.headers)
    assert (headers["x-cache"], headers["age"]) == ("STALE", "20")
    assert headers["etag"].startswith('"')
    assert headers["server-timing"] == 'view;dur=0.0;desc="STALE"'


async def test_a_client_that_has_this_very_page_gets_no_body() -> None:
    door = Door()
    tag = dict((await door.ask()).headers)["etag"]

    for offered in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await door.ask(**{"if-none-match": offered})
        assert (again.status, again.body) == (304, b"")
        assert dict(again.headers)["etag"] == tag
    assert (await door.ask(**{"if-none-match": '"other"'})).status == 200


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", (50, None)),
        ("limit=1", (1, None)),
        ("limit=100&cursor=abc", (100, "abc")),
    ],
)
async def test_limit_and_cursor_are_read(query: str, asked: tuple[int, str | None]) -> None:
    door = Door()
    await door.ask(query)

    assert door.arrivals.asked == [asked]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=-1", "limit=1e2", "limit=%D9%A5", "limit=", "name=Zahra",
     "limit=1&limit=2", "limit=99999999999999999999"],
)  # fmt: skip
async def test_a_query_that_this_list_does_not_read_is_refused_and_asks_nobody(query: str) -> None:
    door = Door()
    with pytest.raises(MalformedQuery):
        await door.ask(query)

    assert door.arrivals.asked == []


def test_the_route_is_for_those_who_receive_guests() -> None:
    (row,) = WorkbenchRoutes(read_arrivals=FixedArrivals()).rows()

    assert row.property_scope is PropertyScope.REQUIRED
    assert row.roles == {"front_desk", "general_manager", "owner", "housekeeping_lead"}
