"""The property's door locks, or one room's: what a key can be issued for."""

import msgspec

from bff_backoffice.application.ports.cursors import Cursors
from bff_backoffice.application.ports.lock_keys import LockLists
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.lock import LockLine
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.domain.workbench import CursorRefused, ViewUnavailable
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, RoomId


class LocksPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of the locks."""

    items: tuple[LockLine, ...]
    next_cursor: str | None


class ReadLocks:
    """The use case behind `GET /locks`. Not cached: a key is issued on what it says."""

    def __init__(self, locks: LockLists, cursors: Cursors) -> None:
        self._locks = locks
        self._cursors = cursors

    async def read(  # noqa: PLR0913 - one field of the question each, all by name
        self,
        principal: Principal,
        *,
        property_id: PropertyId,
        facts: RequestFacts,
        deadline: Deadline,
        room_id: RoomId | None,
        limit: int,
        cursor: str | None,
    ) -> LocksPage:
        """Return one page. Raises ViewUnavailable or CursorRefused."""
        bound_to = f"locks {principal.tenant_id} {property_id} {room_id or 'all'} {limit}"
        place = None
        if cursor is not None:
            place = self._cursors.open(cursor, bound_to=bound_to)
            if place is None:
                raise CursorRefused(fields=(("cursor", "invalid"),))
        scope = CallScope(
            tenant_id=principal.tenant_id,
            property_id=property_id,
            deadline=deadline,
            request_id=facts.request_id,
            traceparent=facts.traceparent,
        )
        try:
            page = await self._locks.locks(scope, room_id=room_id, limit=limit, place=place)
        except UpstreamFailure as failure:
            raise ViewUnavailable(retry_after_seconds=failure.retry_after_seconds) from failure
        except NotFoundUpstream as error:
            raise ViewUnavailable from error
        next_cursor = None
        if page.next_place is not None:
            next_cursor = self._cursors.seal(page.next_place, bound_to=bound_to)
        return LocksPage(items=page.items, next_cursor=next_cursor)
