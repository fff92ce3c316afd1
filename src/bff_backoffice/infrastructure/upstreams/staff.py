"""staff-service: tenants `ten_`, the property named in a header too."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import DepartmentStaffing, Staffing
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

STAFF_DIALECT: Final = Dialect(upstream="staff", tenant="ten")


class _Department(msgspec.Struct, rename="camel"):
    name: str
    on_duty: int
    scheduled: int | None = None


class _Snapshot(msgspec.Struct, rename="camel"):
    on_duty: int
    departments: list[_Department]


_SNAPSHOT: Final = msgspec.json.Decoder(_Snapshot)


class StaffGateway:
    """Who is on the floor, counted; no names."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, STAFF_DIALECT)

    async def staffing_views(self, scope: CallScope) -> Views:
        """Return the capacity snapshot."""
        named = STAFF_DIALECT.property_sent(scope)
        snapshot = await self._reader.get(
            "/api/v1/capacity-snapshot",
            _SNAPSHOT,
            scope=scope,
            query={"propertyId": named},
            headers={"X-Property-Id": named},
        )
        return {
            "staffing": Staffing(
                on_duty=snapshot.on_duty,
                by_department=tuple(
                    DepartmentStaffing(
                        department=department.name,
                        on_duty=department.on_duty,
                        scheduled=department.scheduled,
                    )
                    for department in snapshot.departments
                ),
            )
        }
