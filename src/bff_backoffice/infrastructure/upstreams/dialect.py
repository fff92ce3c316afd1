"""How an upstream writes what all of them mean: id prefixes, tenant header, pages.

The ULID of a thing is the same everywhere; the prefix is each upstream's own. What comes in
with another prefix than promised is a wrong shape, not something to guess about.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.infrastructure.upstreams.answers import read_typed
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamRequest
from bff_backoffice.infrastructure.upstreams.policy import UpstreamName

PAGES_MAX: Final = 6
"""More pages than this would not fit the deadline; lists then say how many there are in all."""

AnswerType = TypeVar("AnswerType")
ItemType = TypeVar("ItemType")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One upstream's prefixes, beside ours: `tnt_ prop_ rmu_ rmt_ rsv_`."""

    upstream: UpstreamName
    tenant: str = "tnt"
    property: str = "ppt"
    room: str = "rmu"
    room_type: str = "rmt"
    reservation: str = "rsv"

    def tenant_header(self, scope: CallScope) -> dict[str, str]:
        """Return the header that names the tenant."""
        return {"X-Tenant-Id": _swapped(scope.tenant_id, "tnt", self.tenant)}

    def property_sent(self, scope: CallScope) -> str:
        """Return the scope's property as this upstream writes it."""
        if scope.property_id is None:
            raise ValueError("scope: no property")
        return _swapped(scope.property_id, "prop", self.property)

    def our_property(self, identifier: str) -> str:
        """Return our id of a property it named."""
        return self._ours(identifier, self.property, "prop")

    def our_room(self, identifier: str) -> str:
        """Return our id of a room it named."""
        return self._ours(identifier, self.room, "rmu")

    def our_room_or_none(self, identifier: str | None) -> str | None:
        """Return our id of a room it may have named."""
        return None if identifier is None else self.our_room(identifier)

    def our_room_type(self, identifier: str) -> str:
        """Return our id of a room type it named."""
        return self._ours(identifier, self.room_type, "rmt")

    def our_reservation(self, identifier: str) -> str:
        """Return our id of a reservation it named."""
        return self._ours(identifier, self.reservation, "rsv")

    def _ours(self, identifier: str, theirs: str, ours: str) -> str:
        if not identifier.startswith(theirs + "_"):
            raise UpstreamFailure(upstream=self.upstream, reason="wrong_shape")
        return _swapped(identifier, theirs, ours)


class Reader:
    """Reads one upstream in its dialect."""

    def __init__(self, client: UpstreamHttpClient, dialect: Dialect) -> None:
        self._client = client
        self.dialect = dialect

    async def get(
        self,
        path: str,
        decoder: msgspec.json.Decoder[AnswerType],
        *,
        scope: CallScope,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AnswerType:
        """Return one typed answer. Raises UpstreamFailure or NotFoundUpstream."""
        request = UpstreamRequest(
            upstream=self.dialect.upstream,
            operation="read",
            method="GET",
            path=path,
            query=query,
            headers={**self.dialect.tenant_header(scope), **(headers or {})},
            scope=scope,
        )
        return await read_typed(self._client, request, decoder)


@dataclass(frozen=True, slots=True)
class PageRead(Generic[ItemType]):
    """One page's items and where the next one starts."""

    items: Sequence[ItemType]
    next_cursor: str | None


async def all_pages(
    read_page: Callable[[str | None], Awaitable[PageRead[ItemType]]],
) -> tuple[ItemType, ...]:
    """Return the items of all pages, at most PAGES_MAX of them."""
    items: list[ItemType] = []
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = await read_page(cursor)
        items.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    return tuple(items)


def with_cursor(query: Mapping[str, str], cursor: str | None) -> Mapping[str, str]:
    """Return the query of the page that the cursor starts."""
    return query if cursor is None else {**query, "cursor": cursor}


def _swapped(identifier: str, old_prefix: str, new_prefix: str) -> str:
    return new_prefix + identifier.removeprefix(old_prefix)
