"""`GET /arrivals`: the arrivals of the property's open day."""

import hashlib
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.workbench.arrivals import (
    PAGE_ITEMS_MAX,
    ArrivalsShape,
    ReadArrivals,
)
from bff_backoffice.presentation.http import Answer, MalformedQuery, Request, json_answer
from bff_backoffice.presentation.routing import (
    FRONT_DESK,
    GENERAL_MANAGER,
    OWNER,
    AnswerShape,
    PropertyScope,
    Route,
)

WORKBENCH_SECONDS_MAX: Final = 3.0
PAGE_ITEMS_DEFAULT: Final = 50
ARRIVALS_ROLES: Final = frozenset({FRONT_DESK, GENERAL_MANAGER, OWNER, "housekeeping_lead"})
ETAG_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbenchRoutes:
    """Translates; the use cases decide."""

    read_arrivals: ReadArrivals

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method="GET",
                path="/arrivals",
                handler=self.get_arrivals,
                roles=ARRIVALS_ROLES,
                property_scope=PropertyScope.REQUIRED,
                seconds_max=WORKBENCH_SECONDS_MAX,
                query_fields=("cursor", "limit"),
                answers=(
                    AnswerShape(body=ArrivalsShape, meaning="One page."),
                    AnswerShape(status=304, meaning="The client has this very page."),
                ),
                refusals=("upstream.unavailable",),
            )
        ]

    async def get_arrivals(self, request: Request) -> Answer:
        """Return one page of today's arrivals."""
        query = request.query()
        if not query.keys() <= {"cursor", "limit"}:
            raise MalformedQuery
        found = await self.read_arrivals.read(
            request.caller,
            property_id=request.property_id,
            facts=request.facts,
            deadline=request.deadline,
            limit=_limit(query.get("limit")),
            cursor=query.get("cursor"),
        )
        took_ms = (WORKBENCH_SECONDS_MAX - request.deadline.remaining_seconds()) * 1000
        headers = (
            ("x-cache", found.cache),
            ("age", str(int(found.age_seconds))),
            ("server-timing", f'view;dur={took_ms:.1f};desc="{found.cache}"'),
        )
        return _revalidated(request, json_answer(found.page, headers=headers))


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_ITEMS_DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(PAGE_ITEMS_MAX))):
        raise MalformedQuery(fields=(("limit", "invalid"),))
    limit = int(text)
    if not 1 <= limit <= PAGE_ITEMS_MAX:
        raise MalformedQuery(fields=(("limit", "out_of_range"),))
    return limit


def _revalidated(request: Request, answer: Answer) -> Answer:
    """Add an entity tag, and leave the body out where the client has this very one."""
    digest = hashlib.blake2b(answer.body, digest_size=ETAG_BYTES).hexdigest()
    tag = f'"{digest}"'
    headers = (*answer.headers, ("etag", tag))
    if tag in _offered_tags(request):
        return Answer(status=304, media_type=None, headers=headers)
    return Answer(status=200, body=answer.body, headers=headers)


def _offered_tags(request: Request) -> frozenset[str]:
    offered = request.headers.get("if-none-match", "")
    return frozenset(tag.strip().removeprefix("W/") for tag in offered.split(","))
