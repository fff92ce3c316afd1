"""`GET /dashboard`: a stream of lines, or the whole as one document."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import msgspec

from bff_backoffice.application.dashboard.compose import ComposeDashboard
from bff_backoffice.application.dashboard.document import collect_document
from bff_backoffice.application.dashboard.lines import DashboardDocument, DashboardLine
from bff_backoffice.presentation.http import (
    JSON_TYPE,
    NDJSON_TYPE,
    AnyAnswer,
    Request,
    StreamedAnswer,
    json_answer,
)
from bff_backoffice.presentation.routing import AnswerShape, PropertyScope, Route

DASHBOARD_SECONDS_MAX: Final = 3.0
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardRoutes:
    """Translates; the composer decides."""

    compose_dashboard: ComposeDashboard

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method="GET",
                path="/dashboard",
                handler=self.get_dashboard,
                property_scope=PropertyScope.REQUIRED,
                seconds_max=DASHBOARD_SECONDS_MAX,
                answers=(
                    AnswerShape(
                        body=DashboardLine,
                        media_type=NDJSON_TYPE,
                        meaning="One line each: layout, widgets as they come, summary.",
                    ),
                    AnswerShape(body=DashboardDocument),
                ),
            )
        ]

    async def get_dashboard(self, request: Request) -> AnyAnswer:
        """Stream the dashboard; `Accept: application/json` asks for the whole."""
        lines = self.compose_dashboard.stream(
            request.caller,
            property_id=request.property_id,
            facts=request.facts,
            deadline=request.deadline,
        )
        if request.accepts(JSON_TYPE) and not request.accepts(NDJSON_TYPE):
            async with aclosing(lines):
                document = await collect_document(lines)
            return json_answer(document, headers=_headers(document))
        return StreamedAnswer(chunks=_encoded(lines))


def _headers(document: DashboardDocument) -> tuple[tuple[str, str], ...]:
    """Say of the whole what the stream says of each part: the worst mark, each upstream's time."""
    marks = {widget.cache for widget in document.widgets}
    worst = next((mark for mark in ("STALE", "MISS") if mark in marks), "HIT")
    summary = document.summary
    timings = {"dashboard": summary.duration_ms, **summary.upstreams}
    timing = ", ".join(f"{name};dur={took}" for name, took in timings.items())
    return (("x-cache", worst), ("server-timing", timing))


async def _encoded(lines: AsyncGenerator[DashboardLine, None]) -> AsyncGenerator[bytes, None]:
    """Write one JSON object a line. Closing this closes the composition."""
    async with aclosing(lines):
        async for line in lines:
            yield _ENCODER.encode(line) + b"\n"
