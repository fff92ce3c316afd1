import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest
from tests.fakes.dashboard_sources import FakeSource, fake_sources, loader_of
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_cache import FakeViewCache
from tests.fakes.view_requests import view_request

from bff_backoffice.application.dashboard.compose import ComposeDashboard
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.dashboard import SourceName
from bff_backoffice.presentation.http import Answer, StreamedAnswer
from bff_backoffice.presentation.routes.dashboard import DashboardRoutes
from bff_backoffice.presentation.routing import PropertyScope


class SilentObserver:
    def first_line_ready(self, seconds: float) -> None: ...

    def widget_settled(self, *, kind: str, state: str, reason: str | None) -> None: ...

    def source_broke(self, *, source: str, error: Exception) -> None: ...


@dataclass(slots=True)
class Door:
    """The dashboard's routes over sources in the test's hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    sources: dict[SourceName, FakeSource] = field(default_factory=fake_sources)
    cache: FakeViewCache = field(init=False)
    routes: DashboardRoutes = field(init=False)

    def __post_init__(self) -> None:
        self.cache = FakeViewCache(self.clock)
        self.routes = DashboardRoutes(
            compose_dashboard=ComposeDashboard(
                loader=loader_of(self.sources, self.cache),
                observer=SilentObserver(),
                clock=self.clock,
            )
        )

    async def ask(self, accept: str = "*/*") -> Answer | StreamedAnswer:
        request = view_request("/dashboard", self.clock, headers={"accept": accept})
        return await self.routes.get_dashboard(request)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    yield door
    await door.cache.close()


@pytest.mark.parametrize(
    "accept", ["*/*", "", "application/x-ndjson", "application/json, application/x-ndjson"]
)
async def test_a_stream_of_lines_is_the_answer_unless_one_document_is_asked_for(
    door: Door, accept: str
) -> None:
    answer = await door.ask(accept)

    assert isinstance(answer, StreamedAnswer)
    assert answer.media_type == "application/x-ndjson"
    chunks = [chunk async for chunk in answer.chunks]
    assert all(chunk.endswith(b"\n") and chunk.count(b"\n") == 1 for chunk in chunks)
    types = [msgspec.json.decode(chunk)["type"] for chunk in chunks]
    assert types == ["layout", *["widget"] * (len(types) - 2), "summary"]


async def test_accepting_json_alone_gives_one_document(door: Door) -> None:
    answer = await door.ask("application/json")

    assert isinstance(answer, Answer)
    document = msgspec.json.decode(answer.body)
    assert document.keys() == {
        "dashboardId",
        "businessDate",
        "businessDateSource",
        "widgets",
        "summary",
    }
    assert document["summary"].keys() == {"fresh", "stale", "missing", "durationMs", "upstreams"}
    assert len(document["widgets"]) >= 12
    headers = dict(answer.headers)
    assert headers["x-cache"] == "MISS"
    assert headers["server-timing"].startswith("dashboard;dur=")
    assert ", upstream-of-pricing;dur=" in headers["server-timing"]


async def test_the_whole_is_as_old_as_its_oldest_part(door: Door) -> None:
    await door.ask("application/json")
    answer = await door.ask("application/json")
    assert dict(answer.headers)["x-cache"] == "HIT"

    door.clock.advance(60)
    door.sources["pricing"].failure = UpstreamFailure(upstream="pricing", reason="reset")
    answer = await door.ask("application/json")
    assert dict(answer.headers)["x-cache"] == "STALE"


async def test_closing_the_stream_ends_the_composition(door: Door) -> None:
    for source in door.sources.values():
        source.gate.clear()
    answer = await door.ask()
    assert isinstance(answer, StreamedAnswer)
    chunks = aiter(answer.chunks)
    await anext(chunks)
    waiting = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await chunks.aclose()  # type: ignore[attr-defined]  # The server closes it the same way.

    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("dashboard")]


def test_the_route_works_on_one_property_for_every_role() -> None:
    (row,) = Door().routes.rows()

    assert row.property_scope is PropertyScope.REQUIRED
    assert len(row.roles) == 7
