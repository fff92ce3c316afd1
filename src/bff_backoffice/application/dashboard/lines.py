"""The lines of a dashboard and the one document: `docs/dashboard_widgets.md` in types."""

from typing import Literal

import msgspec

from bff_backoffice.domain.business_day import BusinessDateSource
from bff_backoffice.domain.dashboard import Audience, CacheMark, MissingReason

ShownState = Literal["fresh", "stale", "pending"]
FinalState = Literal["fresh", "stale", "missing"]


class LayoutWidget(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A widget as the first line shows it."""

    id: str
    kind: str
    audience: Audience
    state: ShownState
    age_ms: int | None = None
    data: msgspec.Raw | None = None


class LayoutLine(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="layout"
):
    """The first line: every widget, with what is remembered of it."""

    dashboard_id: str
    business_date: str
    business_date_source: BusinessDateSource
    widgets: tuple[LayoutWidget, ...]


class WidgetLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    tag_field="type",
    tag="widget",
):
    """How one widget ended."""

    id: str
    kind: str
    state: FinalState
    cache: CacheMark
    age_ms: int | None = None
    reason: MissingReason | None = None
    data: msgspec.Raw | None = None


class SummaryLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    tag_field="type",
    tag="summary",
):
    """The last line: how the dashboard went."""

    fresh: int
    stale: int
    missing: int
    duration_ms: int
    upstreams: dict[str, int]
    business_date: str
    business_date_source: BusinessDateSource


DashboardLine = LayoutLine | WidgetLine | SummaryLine


class DocumentWidget(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A widget in the one document: as in its line, with its audience."""

    id: str
    kind: str
    audience: Audience
    state: FinalState
    cache: CacheMark
    age_ms: int | None = None
    reason: MissingReason | None = None
    data: msgspec.Raw | None = None


class DocumentSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the dashboard went."""

    fresh: int
    stale: int
    missing: int
    duration_ms: int
    upstreams: dict[str, int]


class DashboardDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A whole dashboard in its final state."""

    dashboard_id: str
    business_date: str
    business_date_source: BusinessDateSource
    widgets: tuple[DocumentWidget, ...]
    summary: DocumentSummary
