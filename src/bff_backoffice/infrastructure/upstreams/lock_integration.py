"""lock-integration-service's devices: battery, reachability, tampering."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import LockHealth, LockIssue
from bff_backoffice.domain.lock import KeyKind, LockHealthState, LockLine, LockPage, LockVendor
from bff_backoffice.foundation.identifiers import RoomId
from bff_backoffice.infrastructure.upstreams.dialect import (
    Dialect,
    PageRead,
    Reader,
    all_pages,
    with_cursor,
)
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

LOCK_DIALECT: Final = Dialect(upstream="lock-integration")
PAGE_DEVICES: Final = 500
ISSUES_SHOWN_MAX: Final = 20
HEALTHY: Final = "ok"


class _Device(msgspec.Struct, rename="camel"):
    id: str
    vendor: str
    health: str
    name: str | None = None
    room_id: str | None = None
    battery_percent: int | None = None


class _Devices(msgspec.Struct, rename="camel"):
    items: list[_Device]
    next_cursor: str | None = None


class _Lock(msgspec.Struct, rename="camel"):
    id: str
    name: str
    vendor: LockVendor
    health: LockHealthState
    supported_kinds: list[KeyKind]
    room_id: str | None = None
    battery_percent: int | None = None


class _Locks(msgspec.Struct, rename="camel"):
    items: list[_Lock]
    next_cursor: str | None = None


_LOCKS: Final = msgspec.json.Decoder(_Locks)
_DEVICES: Final = msgspec.json.Decoder(_Devices)


class LockIntegrationGateway:
    """The state of the door locks. Implements LockLists too."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, LOCK_DIALECT)

    async def health_views(self, scope: CallScope) -> Views:
        """Return how many locks there are and which need somebody."""
        query = {"propertyId": LOCK_DIALECT.property_sent(scope), "limit": str(PAGE_DEVICES)}

        async def read_page(cursor: str | None) -> PageRead[_Device]:
            page = await self._reader.get(
                "/api/v1/devices", _DEVICES, scope=scope, query=with_cursor(query, cursor)
            )
            return PageRead(page.items, page.next_cursor)

        devices = await all_pages(read_page)
        troubled = [device for device in devices if device.health != HEALTHY]
        return {
            "lock_health": LockHealth(
                total=len(devices),
                attention=len(troubled),
                items=tuple(_issue(device) for device in troubled[:ISSUES_SHOWN_MAX]),
            )
        }

    async def locks(
        self, scope: CallScope, *, room_id: RoomId | None, limit: int, place: str | None
    ) -> LockPage:
        """Return one page of the property's locks, or of one room's."""
        query = {"propertyId": LOCK_DIALECT.property_sent(scope), "limit": str(limit)}
        if room_id is not None:
            query["roomId"] = room_id
        page = await self._reader.get(
            "/api/v1/devices", _LOCKS, scope=scope, query=with_cursor(query, place)
        )
        return LockPage(items=tuple(map(_line, page.items)), next_place=page.next_cursor)


def _line(lock: _Lock) -> LockLine:
    return LockLine(
        id=lock.id,
        name=lock.name,
        vendor=lock.vendor,
        health=lock.health,
        supported_kinds=tuple(lock.supported_kinds),
        room_id=LOCK_DIALECT.our_room_or_none(lock.room_id),
        battery_percent=lock.battery_percent,
    )


def _issue(device: _Device) -> LockIssue:
    return LockIssue(
        lock_id=device.id,
        vendor=device.vendor,
        issue=device.health,
        name=device.name,
        room_id=LOCK_DIALECT.our_room_or_none(device.room_id),
        battery_percent=device.battery_percent,
    )
