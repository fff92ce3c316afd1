"""Dashboards and arrivals over every simulated upstream, each in its own dialect."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from io import StringIO

import pytest
from prometheus_client import CollectorRegistry
from tests.fakes.dashboard_sources import FACTS, principal
from tests.fakes.upstream_http import RecordingObserver
from tests.integration.simulator.conftest import Hotel

from bff_backoffice.application.dashboard.lines import SummaryLine, WidgetLine
from bff_backoffice.bootstrap.views import ViewParts, ViewServices, build_view_services
from bff_backoffice.domain.dashboard import widgets_for
from bff_backoffice.domain.principal import Principal
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport
from bff_backoffice.telemetry.log_events import LogEvents

pytestmark = pytest.mark.integration

CLOCK = SystemClock()
ROLES = (
    "front_desk",
    "housekeeping_lead",
    "housekeeper",
    "maintenance_tech",
    "fnb_manager",
    "general_manager",
    "owner",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The views of one hotel, asked without HTTP in between."""

    hotel: Hotel
    services: ViewServices

    def caller(self, *roles: str) -> Principal:
        operator = next(
            entry for entry in self.hotel.operators.values() if entry["roles"] == [roles[0]]
        )
        return replace(
            principal(*roles),
            tenant_id=TenantId(f"tnt_{self.hotel.tenant}"),
            operator_id=OperatorId(operator["id"]),
        )

    async def dashboard(self, *roles: str) -> tuple[dict[str, WidgetLine], SummaryLine]:
        stream = self.services.compose_dashboard.stream(
            self.caller(*roles),
            property_id=PropertyId(f"prop_{self.hotel.property}"),
            facts=FACTS,
            deadline=Deadline.after(3, CLOCK),
        )
        async with aclosing(stream):
            lines = [line async for line in stream]
        summary = lines[-1]
        assert isinstance(summary, SummaryLine)
        return {line.kind: line for line in lines if isinstance(line, WidgetLine)}, summary


async def open_desk(hotel: Hotel, cache_url: str, stack: AsyncExitStack) -> Desk:
    simulator = hotel.simulator
    upstreams = UpstreamHttpClient(
        origins={name: f"http://127.0.0.1:{simulator.ports[1]}/{name}" for name in UPSTREAM_NAMES},
        policies=POLICIES,
        identity=MountedServiceIdentity(SecretText(simulator.identity)),
        transport=HttpTransport(),
        observer=RecordingObserver(),
        clock=CLOCK,
        random=lambda: 0.5,
    )
    stack.push_async_callback(upstreams.close)
    cache_tier = SharedRedisConnection(SecretText(cache_url), name="cache")
    stack.push_async_callback(cache_tier.close)
    parts = ViewParts(
        upstreams=upstreams,
        cache_tier=cache_tier,
        cursor_key=SecretText("a key"),
        registry=CollectorRegistry(),
        log=LogEvents(CLOCK, StringIO()),
        clock=CLOCK,
    )
    return Desk(hotel=hotel, services=build_view_services(parts, stack))


@pytest.fixture
async def desks(hotels: list[Hotel], redis_cache_url: str) -> AsyncIterator[list[Desk]]:
    async with AsyncExitStack() as stack:
        yield [await open_desk(hotel, redis_cache_url, stack) for hotel in hotels]


@pytest.mark.parametrize("role", ROLES)
async def test_every_widget_of_every_role_is_fresh(desks: list[Desk], role: str) -> None:
    for desk in desks:
        widgets, summary = await desk.dashboard(role)

        assert {line.kind: line.reason for line in widgets.values() if line.reason} == {}
        assert summary.fresh == len(widgets) == len(widgets_for(frozenset({role})))


async def test_the_great_roles_are_served_by_eight_upstreams_and_more(desks: list[Desk]) -> None:
    for desk, role in zip(desks, ("front_desk", "general_manager"), strict=False):
        _, summary = await desk.dashboard(role)

        assert len(summary.upstreams) >= 8


@pytest.mark.parametrize(("role", "calls"), [("front_desk", 12), ("general_manager", 13)])
async def test_a_cold_dashboard_costs_a_dozen_calls_and_a_warm_one_none(
    desks: list[Desk], role: str, calls: int
) -> None:
    simulator = desks[0].hotel.simulator
    simulator.admin("DELETE", "/calls")
    await desks[0].dashboard(role)
    assert len(simulator.admin("GET", "/calls").json["items"]) == calls

    simulator.admin("DELETE", "/calls")
    await desks[0].dashboard(role)
    assert simulator.admin("GET", "/calls").json["items"] == []


async def test_a_profiled_tenant_sees_no_suggestion_that_breaks_its_profile(
    desks: list[Desk],
) -> None:
    titles: list[str] = []
    for desk in desks:
        widgets, _ = await desk.dashboard("general_manager")
        titles.append(bytes(widgets["ai_insight"].data or b"").decode())

    assert "Bundle wine tasting" in titles[0]
    for forbidden in ("wine", "casino", "Interest", "late shift"):
        assert forbidden not in titles[2]
    assert json.JSONDecoder().decode(titles[2])["withheld"] >= 1


async def test_a_property_audience_call_names_no_operator(desks: list[Desk]) -> None:
    simulator = desks[0].hotel.simulator
    simulator.admin("DELETE", "/calls")
    await desks[0].dashboard(*ROLES)
    await read_arrivals(desks[0])

    calls = simulator.admin("GET", "/calls").json["items"]
    naming = {call["path"].partition("?")[0] for call in calls if "opr_" in json.dumps(call)}
    assert len(calls) >= 14
    assert naming == {"/api/v1/feed", "/api/v1/cash-drawers"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("hang", "timeout"),
        ("latency", "timeout"),
        ("slow_body", "timeout"),
        ("reset", "unavailable"),
        ("error", "unavailable"),
        ("garbage", "invalid"),
        ("huge_body", "invalid"),
    ],
)
async def test_a_fault_of_one_upstream_costs_its_own_widget(
    desks: list[Desk], kind: str, reason: str
) -> None:
    simulator = desks[0].hotel.simulator
    fault = {"kind": kind, "ms": 3000} if kind == "latency" else {"kind": kind}
    posted = simulator.admin("POST", "/faults", {"upstream": "inventory", "fault": fault})
    assert posted.status == 201
    try:
        widgets, _ = await desks[0].dashboard("front_desk")
    finally:
        simulator.admin("DELETE", "/faults")

    missing = {line.kind: line.reason for line in widgets.values() if line.state != "fresh"}
    assert missing == {"occupancy": reason}


async def read_arrivals(desk: Desk, cursor: str | None = None) -> tuple[list[bytes], str | None]:
    answer = await desk.services.read_arrivals.read(
        desk.caller("front_desk"),
        property_id=PropertyId(f"prop_{desk.hotel.property}"),
        facts=FACTS,
        deadline=Deadline.after(3, CLOCK),
        limit=100,
        cursor=cursor,
    )
    assert answer.page.partial == []
    return [bytes(item) for item in answer.page.items], answer.page.next_cursor


async def test_the_arrivals_are_those_of_the_reservation_service(desks: list[Desk]) -> None:
    for desk in desks:
        items: list[bytes] = []
        cursor: str | None = None
        while True:
            page, cursor = await read_arrivals(desk, cursor)
            items += page
            if cursor is None:
                break

        arrivals = [json.JSONDecoder().decode(item.decode()) for item in items]
        found = {arrival["id"]: arrival for arrival in arrivals}
        for theirs in desk.hotel.arrivals():
            ours = found[theirs["id"]]
            assert ours["guest"]["displayName"] == theirs["guest"]["displayName"]
            assert ours["version"] == theirs["version"]
            if theirs["roomId"]:
                assert ours["roomNumber"] == desk.hotel.room_number(theirs["roomId"])
                assert ours["roomStatus"] == desk.hotel.room_status(theirs["roomId"])
