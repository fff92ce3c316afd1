"""Sources of widgets that answer as told, and a principal to ask them."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from tests.fakes.manual_clock import START

from bff_backoffice.application.dashboard.sources import Source, SourceLoader
from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.view_cache import ViewCache
from bff_backoffice.domain.dashboard import WIDGETS, SourceName
from bff_backoffice.domain.dashboard_views import InHouseCount, PropertyDay, WidgetView
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    OperatorId,
    PropertyId,
    RequestId,
    SessionId,
    TenantId,
)

SOURCE_DEADLINE_SECONDS = 0.1
DAY = PropertyDay(
    property_id="prop_A",
    name="Kabul Garden",
    business_date="2026-03-13",
    timezone="Asia/Kabul",
    currency="AFN",
    room_count=400,
)


@dataclass(slots=True)
class FakeSource:
    """Implements WidgetSource: its views, its failure, or silence while `gate` is closed."""

    name: SourceName
    views: Views
    failure: Exception | None = None
    scopes: list[CallScope] = field(default_factory=list[CallScope])
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, scope: CallScope) -> Views:
        self.scopes.append(scope)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.views


def fake_sources() -> dict[SourceName, FakeSource]:
    """Return one source for every name of the table, with a view for each of its widgets."""
    sources: dict[SourceName, FakeSource] = {}
    names: list[SourceName] = [widget.source for widget in WIDGETS]
    for name in dict.fromkeys(names):
        views: dict[str, WidgetView] = {
            widget.kind: InHouseCount(reservations=7) for widget in WIDGETS if widget.source == name
        }
        sources[name] = FakeSource(name, DAY_VIEWS if name == "property" else views)
    return sources


DAY_VIEWS: Views = {"property_day": DAY}


def loader_of(sources: dict[SourceName, FakeSource], cache: ViewCache) -> SourceLoader:
    """Build the loader; each source is its own topic."""
    return SourceLoader(
        cache,
        tuple(
            Source(
                name=name,
                topics=(f"upstream-of-{name}",),
                read=source,
                deadline_seconds=SOURCE_DEADLINE_SECONDS,
                varies_by_locale=name == "property",
                kept_seconds=24 * 3600 if name == "property" else 600,
                outlives_changes=name != "suggestions",
            )
            for name, source in sources.items()
        ),
    )


def principal(*roles: str, operator: str = "opr_A", locale: str = "en") -> Principal:
    """Return an operator with these roles."""
    return Principal(
        tenant_id=TenantId("tnt_A"),
        operator_id=OperatorId(operator),
        device_id=DeviceId("dev_A"),
        session_id=SessionId("bos_A"),
        iam_session_id=IamSessionId("sid_A"),
        roles=frozenset(roles),
        property_ids=frozenset({PropertyId("prop_A")}),
        is_scope_resolved=False,
        primary_property_id=None,
        locale=locale,
        token_expires_at=START + timedelta(minutes=15),
        session_expires_at=START + timedelta(hours=12),
    )


FACTS = RequestFacts(
    request_id=RequestId("req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
    traceparent=None,
    received_at=START,
    app_version=None,
    app_platform=None,
)
