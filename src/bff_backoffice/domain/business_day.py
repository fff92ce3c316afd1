"""Which day a property works on: its open hotel day, which is neither UTC nor the calendar."""

from datetime import UTC, datetime, tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from bff_backoffice.domain.dashboard_views import PropertyDay

BusinessDateSource = Literal["property", "calendar"]

BELIEVED_SECONDS_MAX: Final = 600.0
"""A night audit may have closed a day that was heard of longer ago."""


class BusinessDay(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A date and where it comes from."""

    business_date: str
    business_date_source: BusinessDateSource


def business_day(known: PropertyDay | None, *, age_seconds: float, now: datetime) -> BusinessDay:
    """Return the day the property last told, else today where it is, else today in UTC."""
    if known is not None and age_seconds <= BELIEVED_SECONDS_MAX:
        return BusinessDay(business_date=known.business_date, business_date_source="property")
    zone = _zone(known.timezone) if known is not None else UTC
    return BusinessDay(
        business_date=now.astimezone(zone).date().isoformat(), business_date_source="calendar"
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
