import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

import msgspec
import pytest
from tests.fakes.dashboard_sources import (
    FACTS,
    FakeSource,
    fake_sources,
    loader_of,
    principal,
)
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_cache import FakeViewCache

from bff_backoffice.application.dashboard.compose import REASONS, ComposeDashboard
from bff_backoffice.application.dashboard.document import collect_document
from bff_backoffice.application.dashboard.lines import (
    DashboardLine,
    LayoutLine,
    SummaryLine,
    WidgetLine,
)
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.dashboard import (
    OPERATOR_SOURCES,
    WIDGETS,
    MissingReason,
    SourceName,
    widgets_for,
)
from bff_backoffice.domain.principal import Principal
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, TenantId

PROPERTY = PropertyId("prop_A")
FRONT_DESK = principal("front_desk")
EVERYBODY = principal("front_desk", "general_manager", "housekeeping_lead", "maintenance_tech")


@dataclass(slots=True)
class RecordingObserver:
    broken: list[str] = field(default_factory=list[str])
    settled: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def first_line_ready(self, seconds: float) -> None:
        pass

    def widget_settled(self, *, kind: str, state: str, reason: MissingReason | None) -> None:
        self.settled.append((kind, state))

    def source_broke(self, *, source: str, error: Exception) -> None:
        self.broken.append(source)


@dataclass(slots=True)
class Desk:
    """A composer with everything around it in the test's hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    sources: dict[SourceName, FakeSource] = field(default_factory=fake_sources)
    observer: RecordingObserver = field(default_factory=RecordingObserver)
    cache: FakeViewCache = field(init=False)
    compose: ComposeDashboard = field(init=False)

    def __post_init__(self) -> None:
        self.cache = FakeViewCache(self.clock)
        self.compose = ComposeDashboard(
            loader=loader_of(self.sources, self.cache), observer=self.observer, clock=self.clock
        )

    async def lines(
        self, caller: Principal = EVERYBODY, *, seconds: float = 5
    ) -> list[DashboardLine]:
        stream = self.compose.stream(
            caller,
            property_id=PROPERTY,
            facts=FACTS,
            deadline=Deadline.after(seconds, self.clock),
        )
        async with aclosing(stream):
            return [line async for line in stream]

    def hang(self, *names: SourceName) -> None:
        for name in names or tuple(self.sources):
            self.sources[name].gate.clear()

    def fail(self, name: SourceName, reason: FailureReason = "error") -> None:
        self.sources[name].failure = UpstreamFailure(upstream=name, reason=reason)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.cache.close()


def ended(lines: list[DashboardLine]) -> dict[str, WidgetLine]:
    widget_lines = [line for line in lines if isinstance(line, WidgetLine)]
    by_kind = {line.kind: line for line in widget_lines}
    assert len(by_kind) == len(widget_lines)
    return by_kind


def layout_of(lines: list[DashboardLine]) -> LayoutLine:
    assert isinstance(lines[0], LayoutLine)
    return lines[0]


def summary_of(lines: list[DashboardLine]) -> SummaryLine:
    assert isinstance(lines[-1], SummaryLine)
    return lines[-1]


async def test_the_layout_is_first_the_tally_last_and_every_widget_ends_once(desk: Desk) -> None:
    lines = await desk.lines()

    kinds = [widget.kind for widget in widgets_for(EVERYBODY.roles)]
    assert [widget.kind for widget in layout_of(lines).widgets] == kinds
    assert {widget.state for widget in layout_of(lines).widgets} == {"pending"}
    assert sorted(ended(lines)) == sorted(kinds)
    summary = summary_of(lines)
    assert (summary.fresh, summary.stale, summary.missing) == (len(kinds), 0, 0)


async def test_a_second_dashboard_stands_in_the_first_line_and_asks_nobody(desk: Desk) -> None:
    await desk.lines()
    desk.clock.advance(10)
    lines = await desk.lines()

    assert {widget.state for widget in layout_of(lines).widgets} == {"fresh"}
    assert {widget.age_ms for widget in layout_of(lines).widgets} == {10_000}
    assert {line.cache for line in ended(lines).values()} == {"HIT"}
    assert all(len(source.scopes) <= 1 for source in desk.sources.values())
    assert summary_of(lines).upstreams == {}


async def test_with_every_upstream_hung_the_layout_comes_and_all_widgets_end_in_time(
    desk: Desk,
) -> None:
    desk.hang()
    loop = asyncio.get_running_loop()
    started = loop.time()
    lines = await desk.lines()

    assert loop.time() - started < 1
    assert {line.state for line in ended(lines).values()} == {"missing"}
    assert {line.reason for line in ended(lines).values()} == {"timeout"}
    assert summary_of(lines).missing == len(ended(lines))


async def test_the_first_line_waits_for_no_upstream(desk: Desk) -> None:
    desk.hang()
    stream = desk.compose.stream(
        EVERYBODY, property_id=PROPERTY, facts=FACTS, deadline=Deadline.after(5, desk.clock)
    )
    async with aclosing(stream):
        first = await anext(stream)

    assert isinstance(first, LayoutLine)
    assert not any(source.scopes for source in desk.sources.values())


@pytest.mark.parametrize("name", list(fake_sources()))
async def test_a_failing_source_costs_its_own_widgets_only(desk: Desk, name: SourceName) -> None:
    desk.fail(name)
    everyone = principal(*{role for widget in WIDGETS for role in widget.roles})
    lines = ended(await desk.lines(everyone))

    failed = {kind for kind, line in lines.items() if line.state == "missing"}
    assert failed == {widget.kind for widget in WIDGETS if widget.source == name}
    assert {lines[kind].reason for kind in failed} == {"unavailable"}


@pytest.mark.parametrize(("reason", "shown"), list(REASONS.items()))
async def test_every_way_to_fail_has_a_reason_from_the_closed_list(
    desk: Desk, reason: FailureReason, shown: MissingReason
) -> None:
    desk.fail("pricing", reason)

    assert ended(await desk.lines())["rate_snapshot"].reason == shown


async def test_an_older_value_stands_in_while_its_upstream_fails(desk: Desk) -> None:
    await desk.lines()
    desk.clock.advance(120)
    desk.fail("inventory")
    lines = await desk.lines()

    widget = next(w for w in layout_of(lines).widgets if w.kind == "occupancy")
    assert (widget.state, widget.age_ms) == ("stale", 120_000)
    line = ended(lines)["occupancy"]
    assert (line.state, line.cache, line.age_ms) == ("stale", "STALE", 120_000)
    assert line.data == widget.data
    assert line.reason is None
    assert summary_of(lines).stale == 1


async def test_a_value_older_than_ten_minutes_is_not_shown(desk: Desk) -> None:
    await desk.lines()
    desk.clock.advance(601)
    desk.fail("inventory")
    lines = await desk.lines()

    assert {w.state for w in layout_of(lines).widgets} == {"pending"}
    assert ended(lines)["occupancy"].state == "missing"


async def test_what_an_older_profile_let_through_is_not_shown_after_a_change(desk: Desk) -> None:
    await desk.lines()
    await desk.cache.invalidate(
        TenantId("tnt_A"), PROPERTY, ["upstream-of-suggestions", "upstream-of-inventory"]
    )
    desk.fail("suggestions")
    desk.fail("inventory")
    lines = ended(await desk.lines())

    assert lines["ai_insight"].state == "missing"
    assert lines["occupancy"].state == "stale"


async def test_what_the_property_does_not_have_is_not_configured(desk: Desk) -> None:
    desk.sources["pricing"].views = {}
    assert ended(await desk.lines())["rate_snapshot"].reason == "not_configured"


async def test_an_upstream_that_does_not_know_the_property_has_refused(desk: Desk) -> None:
    desk.sources["locks"].failure = NotFoundUpstream("lock-integration")

    assert ended(await desk.lines())["lock_health"].reason == "refused"


async def test_a_mistake_of_ours_costs_its_widget_and_is_told(desk: Desk) -> None:
    desk.sources["staff"].failure = ZeroDivisionError()
    lines = ended(await desk.lines())

    assert (lines["staffing"].state, lines["staffing"].reason) == ("missing", "failed")
    assert desk.observer.broken == ["staff"]
    assert len(desk.observer.settled) == len(lines)


async def test_widgets_arrive_in_the_order_of_their_answers(desk: Desk) -> None:
    desk.hang("property")
    stream = desk.compose.stream(
        EVERYBODY, property_id=PROPERTY, facts=FACTS, deadline=Deadline.after(5, desk.clock)
    )
    async with aclosing(stream):
        lines = [await anext(stream) for _ in range(10)]
        desk.sources["property"].gate.set()
        rest = [line async for line in stream]

    assert "property_day" not in ended(lines)
    assert "property_day" in ended([*lines, *rest])


async def test_a_client_that_hangs_up_leaves_no_task_and_the_fetch_goes_on(desk: Desk) -> None:
    desk.hang()
    before = asyncio.all_tasks()
    stream = desk.compose.stream(
        FRONT_DESK, property_id=PROPERTY, facts=FACTS, deadline=Deadline.after(5, desk.clock)
    )
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await stream.aclose()

    left = asyncio.all_tasks() - before
    assert not [task for task in left if task.get_name().startswith("dashboard")]
    for source in desk.sources.values():
        source.gate.set()
    await asyncio.gather(*left)
    lines = await desk.lines(FRONT_DESK)
    assert {line.cache for line in ended(lines).values()} == {"HIT"}


async def test_a_dashboard_never_outlives_its_request(desk: Desk) -> None:
    desk.hang()
    started = asyncio.get_running_loop().time()
    await desk.lines(seconds=0.03)

    assert asyncio.get_running_loop().time() - started < 0.5


async def test_a_property_audience_fetch_names_no_operator(desk: Desk) -> None:
    await desk.lines(principal(*{role for widget in WIDGETS for role in widget.roles}))

    for name, source in desk.sources.items():
        (scope,) = source.scopes
        assert (scope.operator_id is not None) == (name in OPERATOR_SOURCES), name


async def test_operators_share_the_property_s_answers_and_none_of_their_own(desk: Desk) -> None:
    await desk.lines(FRONT_DESK)
    lines = ended(await desk.lines(principal("front_desk", operator="opr_B")))

    own = {kind for kind, line in lines.items() if line.cache == "MISS"}
    assert own == {"cash_drawer", "alerts"}


async def test_a_language_of_its_own_is_asked_for_only_where_it_matters(desk: Desk) -> None:
    await desk.lines(FRONT_DESK)
    lines = ended(await desk.lines(principal("front_desk", locale="fa-AF")))

    assert {kind for kind, line in lines.items() if line.cache == "MISS"} == {"property_day"}
    assert desk.sources["property"].scopes[-1].locale == "fa-AF"
    assert desk.sources["arrivals"].scopes[-1].locale is None


async def test_the_business_date_is_the_calendar_s_until_the_property_tells(desk: Desk) -> None:
    lines = await desk.lines()

    layout, summary = layout_of(lines), summary_of(lines)
    assert (layout.business_date, layout.business_date_source) == ("2026-03-14", "calendar")
    assert (summary.business_date, summary.business_date_source) == ("2026-03-13", "property")

    layout = layout_of(await desk.lines())
    assert (layout.business_date, layout.business_date_source) == ("2026-03-13", "property")


async def test_hours_later_the_property_s_time_zone_still_tells_today(desk: Desk) -> None:
    await desk.lines()
    desk.clock.advance(12 * 3600)
    desk.hang()
    layout = layout_of(await desk.lines())

    assert (layout.business_date, layout.business_date_source) == ("2026-03-15", "calendar")


async def test_the_document_says_what_the_stream_says(desk: Desk) -> None:
    desk.fail("pricing")
    document = await collect_document(
        desk.compose.stream(
            EVERYBODY, property_id=PROPERTY, facts=FACTS, deadline=Deadline.after(5, desk.clock)
        )
    )

    by_kind = {widget.kind: widget for widget in document.widgets}
    assert list(by_kind) == [widget.kind for widget in widgets_for(EVERYBODY.roles)]
    assert by_kind["rate_snapshot"].reason == "unavailable"
    assert by_kind["cash_drawer"].audience == "operator"
    assert document.summary.missing == 1
    assert document.business_date == "2026-03-13"


async def test_a_stream_without_its_first_or_last_line_is_a_mistake_of_ours() -> None:
    async def nothing() -> AsyncGenerator[DashboardLine, None]:
        return
        yield

    with pytest.raises(RuntimeError):
        await collect_document(nothing())


async def test_a_dashboard_without_a_property_is_a_mistake_of_ours(desk: Desk) -> None:
    scope = CallScope(
        tenant_id=TenantId("tnt_A"), property_id=None, deadline=Deadline.after(1, desk.clock)
    )
    with pytest.raises(ValueError, match="property"):
        await loader_of(desk.sources, desk.cache).load("pricing", scope)


async def test_lines_are_what_the_contract_says(desk: Desk) -> None:
    desk.fail("pricing")
    lines = [msgspec.json.decode(msgspec.json.encode(line)) for line in await desk.lines()]

    layout, widgets, summary = lines[0], lines[1:-1], lines[-1]
    assert layout["type"] == "layout"
    assert layout["dashboardId"].startswith("dsh_")
    assert all(
        widget == {**widget, "id": widget["kind"], "state": "pending"}
        for widget in layout["widgets"]
    )
    assert all(widget["type"] == "widget" for widget in widgets)
    missing = next(widget for widget in widgets if widget["kind"] == "rate_snapshot")
    assert missing == {
        "type": "widget",
        "id": "rate_snapshot",
        "kind": "rate_snapshot",
        "state": "missing",
        "cache": "MISS",
        "reason": "unavailable",
    }
    assert summary.keys() >= {"type", "fresh", "stale", "missing", "durationMs", "upstreams"}
