"""A whole dashboard as one document, for clients that cannot read a stream."""

from collections.abc import AsyncGenerator

from bff_backoffice.application.dashboard.lines import (
    DashboardDocument,
    DashboardLine,
    DocumentSummary,
    DocumentWidget,
    LayoutLine,
    SummaryLine,
    WidgetLine,
)
from bff_backoffice.domain.dashboard import Audience


async def collect_document(lines: AsyncGenerator[DashboardLine, None]) -> DashboardDocument:
    """Read the stream to its end and return the state every widget ended in."""
    layout: LayoutLine | None = None
    summary: SummaryLine | None = None
    ended: dict[str, WidgetLine] = {}
    async for line in lines:
        if isinstance(line, WidgetLine):
            ended[line.id] = line
        elif isinstance(line, LayoutLine):
            layout = line
        else:
            summary = line
    if layout is None or summary is None:
        raise RuntimeError("a dashboard without its first or last line")
    return DashboardDocument(
        dashboard_id=layout.dashboard_id,
        business_date=summary.business_date,
        business_date_source=summary.business_date_source,
        widgets=tuple(
            _document_widget(widget.audience, ended[widget.id]) for widget in layout.widgets
        ),
        summary=DocumentSummary(
            fresh=summary.fresh,
            stale=summary.stale,
            missing=summary.missing,
            duration_ms=summary.duration_ms,
            upstreams=summary.upstreams,
        ),
    )


def _document_widget(audience: Audience, ended: WidgetLine) -> DocumentWidget:
    return DocumentWidget(
        id=ended.id,
        kind=ended.kind,
        audience=audience,
        state=ended.state,
        cache=ended.cache,
        age_ms=ended.age_ms,
        reason=ended.reason,
        data=ended.data,
    )
