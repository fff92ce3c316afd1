"""Sources that join several upstreams: the overlap with maintenance, the checked suggestions."""

import asyncio
from dataclasses import dataclass, field, replace

import msgspec
import pytest
from tests.fakes.dashboard_sources import FACTS, FakeSource, fake_sources, loader_of, principal
from tests.fakes.manual_clock import ManualClock
from tests.fakes.view_cache import FakeViewCache

from bff_backoffice.application.dashboard.maintenance_overlap import MaintenanceOverlapSource
from bff_backoffice.application.dashboard.property_names import NameProperties
from bff_backoffice.application.dashboard.shared_tenant_settings import SharedTenantSettings
from bff_backoffice.application.dashboard.sources import Source, SourceLoader, bodies_of
from bff_backoffice.application.dashboard.suggestion_views import SuggestionViewsSource
from bff_backoffice.application.ports.suggestions import OpenSuggestion
from bff_backoffice.application.ports.tenant_settings import TenantConfig
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.application.ports.work_orders import OpenWorkOrder
from bff_backoffice.domain.dashboard_views import ArrivingRooms
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId

CLOCK = SystemClock()


def scope(operator: str | None = None) -> CallScope:
    return CallScope(
        tenant_id=TenantId("tnt_A"),
        property_id=PropertyId("prop_A"),
        deadline=Deadline.after(1, CLOCK),
        operator_id=OperatorId(operator) if operator else None,
    )


def suggestion(number: int, *tags: str) -> OpenSuggestion:
    return OpenSuggestion(
        id=f"ifs_{number}",
        capability="rate_change",
        title=f"Suggestion {number}",
        confidence=0.5,
        tags=tags,
        provenance=b'{"modelId":"m","x":[1, 2]}',
    )


@dataclass(slots=True)
class FakeOrchestrator:
    """Implements Suggestions, TenantSettings and the observer."""

    found: tuple[OpenSuggestion, ...]
    profile: str | Exception | None = None
    asked_with: list[str | None] = field(default_factory=list[str | None])
    withheld: int = 0

    async def open_suggestions(
        self, scope: CallScope, *, profile: str | None
    ) -> tuple[OpenSuggestion, ...]:
        self.asked_with.append(profile)
        return self.found

    async def compliance_profile(self, scope: CallScope) -> str | None:
        if isinstance(self.profile, Exception):
            raise self.profile
        return self.profile

    def suggestions_withheld(self, count: int) -> None:
        self.withheld += count


FOUND = (
    suggestion(1, "rates"),
    suggestion(2, "rates", "alcohol"),
    suggestion(3),
    suggestion(4, "never_heard_of"),
)


class ShownLine(msgspec.Struct, rename="camel"):
    suggestion_id: str


class ShownInsights(msgspec.Struct):
    items: list[ShownLine]
    withheld: int


async def insights_of(orchestrator: FakeOrchestrator) -> ShownInsights:
    source = SuggestionViewsSource(orchestrator, orchestrator, orchestrator)
    view = (await source(scope("opr_A")))["ai_insight"]
    return msgspec.json.decode(msgspec.json.encode(view), type=ShownInsights)


@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        (None, ["ifs_1", "ifs_2", "ifs_3"]),
        ("sharia", ["ifs_1"]),
        (UpstreamFailure(upstream="tenant", reason="timeout"), ["ifs_1"]),
        (NotFoundUpstream("tenant"), ["ifs_1"]),
    ],
)
async def test_only_what_the_profile_lets_through_is_shown(
    profile: str | Exception | None, shown: list[str]
) -> None:
    orchestrator = FakeOrchestrator(FOUND, profile)

    insights = await insights_of(orchestrator)

    assert [line.suggestion_id for line in insights.items] == shown
    assert insights.withheld == orchestrator.withheld == len(FOUND) - len(shown)


async def test_the_profile_travels_with_the_question_and_unknown_is_the_strictest() -> None:
    unknown = FakeOrchestrator(FOUND, NotFoundUpstream("tenant"))
    await insights_of(unknown)

    assert unknown.asked_with == ["unknown"]


async def test_provenance_is_passed_on_unchanged() -> None:
    orchestrator = FakeOrchestrator((suggestion(1, "rates"),))
    source = SuggestionViewsSource(orchestrator, orchestrator, orchestrator)
    encoded = msgspec.json.encode(await source(scope("opr_A")))

    assert b'"provenance":{"modelId":"m","x":[1, 2]}' in encoded


@dataclass(slots=True)
class FakeWorkOrders:
    """Implements WorkOrders."""

    failure: UpstreamFailure | None = None

    async def open_work_orders(self, scope: CallScope) -> tuple[OpenWorkOrder, ...]:
        if self.failure is not None:
            raise self.failure
        return tuple(
            OpenWorkOrder(id=f"mnt_{room}", title="Leak", severity="high", room_id=room)
            for room in ("rmu_1", "rmu_2", None)
        )


def overlap(work_orders: FakeWorkOrders) -> tuple[MaintenanceOverlapSource, FakeSource]:
    sources = fake_sources()
    sources["arrivals"].views = {
        "arriving_rooms": ArrivingRooms(reservation_by_room={"rmu_2": "rsv_2"})
    }
    loader = loader_of(sources, FakeViewCache(CLOCK))
    return MaintenanceOverlapSource(work_orders, loader), sources["arrivals"]


async def test_work_in_a_room_that_is_waited_for_is_an_overlap() -> None:
    source, _ = overlap(FakeWorkOrders())
    view = (await source(scope()))["maintenance_overlap"]

    assert msgspec.json.decode(msgspec.json.encode(view)) == {
        "count": 1,
        "items": [
            {
                "workOrderId": "mnt_rmu_2",
                "title": "Leak",
                "severity": "high",
                "roomId": "rmu_2",
                "reservationId": "rsv_2",
            }
        ],
    }


async def test_the_overlap_asks_for_arrivals_once_with_everybody_else() -> None:
    source, arrivals = overlap(FakeWorkOrders())
    await source(scope())
    await source(scope())

    assert len(arrivals.scopes) == 1


async def test_either_side_failing_is_that_failure() -> None:
    source, _ = overlap(FakeWorkOrders(UpstreamFailure(upstream="maintenance", reason="reset")))
    with pytest.raises(UpstreamFailure, match="maintenance"):
        await source(scope())

    source, arrivals = overlap(FakeWorkOrders())
    arrivals.failure = UpstreamFailure(upstream="reservation", reason="reset")
    with pytest.raises(UpstreamFailure, match="reservation"):
        await source(scope())


async def test_without_arrivals_at_the_property_there_is_no_overlap_to_show() -> None:
    source, arrivals = overlap(FakeWorkOrders())
    arrivals.views = {}

    assert await source(scope()) == {}


async def test_a_joined_source_is_loaded_and_shared_like_any_other() -> None:
    sources = fake_sources()
    sources["arrivals"].views = {"arriving_rooms": ArrivingRooms(reservation_by_room={})}
    loader = loader_of(sources, FakeViewCache(CLOCK))
    row = loader.source("maintenance_overlap")
    loader.add(replace(row, read=MaintenanceOverlapSource(FakeWorkOrders(), loader)))

    view = await loader.load("maintenance_overlap", scope())

    assert bytes(bodies_of(view)["maintenance_overlap"]) == b'{"count":0,"items":[]}'


async def test_the_profile_is_asked_for_once_for_all_operators() -> None:
    orchestrator = FakeOrchestrator(FOUND, "sharia")
    asked: list[CallScope] = []

    class CountingSettings:
        async def config(self, scope: CallScope) -> TenantConfig:
            asked.append(scope)
            return TenantConfig(
                compliance_profile=await orchestrator.compliance_profile(scope), property_names={}
            )

    clock = ManualClock()
    cache = FakeViewCache(clock)
    shared = SharedTenantSettings(CountingSettings(), cache, deadline_seconds=0.5)
    for operator in ("opr_A", "opr_B"):
        assert await shared.compliance_profile(scope(operator)) == "sharia"
    assert [call.operator_id for call in asked] == [None]

    orchestrator.profile = None
    await cache.invalidate(TenantId("tnt_A"), PropertyId("prop_A"), ["tenant"])
    assert await shared.compliance_profile(scope("opr_A")) is None

    with pytest.raises(ValueError, match="property"):
        await shared.compliance_profile(replace(scope("opr_A"), property_id=None))

    orchestrator.profile = UpstreamFailure(upstream="tenant", reason="reset")
    clock.advance(61)
    with pytest.raises(UpstreamFailure):
        await shared.compliance_profile(scope("opr_A"))


@dataclass(slots=True)
class FakeConfigs:
    """Implements TenantConfigs."""

    profile: str | None = None
    failure: UpstreamFailure | None = None

    async def config(self, scope: CallScope) -> TenantConfig:
        if self.failure is not None:
            raise self.failure
        return TenantConfig(compliance_profile=self.profile, property_names={"prop_A": "Garden"})


def suggestions_under(configs: FakeConfigs) -> tuple[SourceLoader, FakeViewCache, FakeOrchestrator]:
    orchestrator = FakeOrchestrator(FOUND)
    cache = FakeViewCache(ManualClock())
    tenants = SharedTenantSettings(configs, cache, deadline_seconds=0.5)
    source = Source(
        name="suggestions",
        topics=("ai-orchestrator",),
        read=SuggestionViewsSource(orchestrator, tenants, orchestrator),
        deadline_seconds=0.5,
        varies_by_profile=True,
    )
    return SourceLoader(cache, [source], tenants=tenants), cache, orchestrator


async def shown_under(loader: SourceLoader) -> bool:
    found = await loader.remembered(["suggestions"], scope("opr_A"), timeout_seconds=0.1)
    return "suggestions" in found


async def test_what_one_profile_let_through_is_not_remembered_under_another() -> None:
    configs = FakeConfigs(profile=None)
    loader, cache, orchestrator = suggestions_under(configs)
    await loader.load("suggestions", scope("opr_A"))
    assert await shown_under(loader)

    configs.profile = "sharia"
    await cache.invalidate(TenantId("tnt_A"), PropertyId("prop_A"), ["tenant"])
    await loader.load("suggestions", scope("opr_A"))

    assert orchestrator.asked_with == [None, "sharia"]
    keys = [held.key for held in cache.held.values() if held.key.view == "dashboard.suggestions"]
    assert [key.compliance_profile for key in keys] == ["none", "sharia"]
    await cache.close()


async def test_while_the_profile_is_not_known_nothing_is_remembered_of_suggestions() -> None:
    configs = FakeConfigs()
    loader, cache, _ = suggestions_under(configs)
    await loader.load("suggestions", scope("opr_A"))

    configs.failure = UpstreamFailure(upstream="tenant", reason="reset")
    await cache.invalidate(TenantId("tnt_A"), PropertyId("prop_A"), ["tenant"])

    assert not await shown_under(loader)
    await cache.close()


async def test_a_session_names_properties_once_their_names_are_known_and_waits_for_none() -> None:
    cache = FakeViewCache(ManualClock())
    name = NameProperties(SharedTenantSettings(FakeConfigs(), cache, deadline_seconds=0.5))
    deadline = Deadline.after(1, CLOCK)

    assert await name(principal(), FACTS, deadline) == {}
    await asyncio.gather(*cache.flights.values())

    assert await name(principal(), FACTS, deadline) == {"prop_A": "Garden"}


async def test_a_session_names_no_property_but_the_caller_s() -> None:
    cache = FakeViewCache(ManualClock())
    name = NameProperties(SharedTenantSettings(FakeConfigs(), cache, deadline_seconds=0.5))
    elsewhere = replace(principal(), property_ids=frozenset({PropertyId("prop_B")}))
    nowhere = replace(principal(), property_ids=frozenset[PropertyId]())
    deadline = Deadline.after(1, CLOCK)

    await name(elsewhere, FACTS, deadline)
    await asyncio.gather(*cache.flights.values())

    assert await name(elsewhere, FACTS, deadline) == {}
    assert await name(nowhere, FACTS, deadline) == {}
