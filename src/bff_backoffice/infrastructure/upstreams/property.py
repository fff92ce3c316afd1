"""property-service: names in several languages, the open business date."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import PropertyDay
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

PROPERTY_DIALECT: Final = Dialect(upstream="property")


class _Name(msgspec.Struct):
    default: str
    values: dict[str, str] = {}


class _Property(msgspec.Struct, rename="camel"):
    id: str
    name: _Name
    timezone: str
    currency: str
    business_date: str
    room_count: int


_PROPERTY: Final = msgspec.json.Decoder(_Property)


class PropertyGateway:
    """The property itself: which hotel, which day."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, PROPERTY_DIALECT)

    async def property_views(self, scope: CallScope) -> Views:
        """Return the property and its open day, named in the scope's language."""
        path = f"/api/v1/properties/{PROPERTY_DIALECT.property_sent(scope)}"
        found = await self._reader.get(path, _PROPERTY, scope=scope)
        return {
            "property_day": PropertyDay(
                property_id=PROPERTY_DIALECT.our_property(found.id),
                name=_name_in(found.name, scope.locale),
                business_date=found.business_date,
                timezone=found.timezone,
                currency=found.currency,
                room_count=found.room_count,
            )
        }


def _name_in(name: _Name, locale: str | None) -> str:
    """Return the name in that language; `fa-AF` falls back to `fa`, then to the default."""
    wanted = locale or ""
    return name.values.get(wanted) or name.values.get(wanted.split("-")[0]) or name.default
