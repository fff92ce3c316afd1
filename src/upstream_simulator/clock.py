"""The simulator's time: one place to ask, so that tests can decide what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

NIGHT_AUDIT_HOUR = 3
"""A hotel day stays open past midnight until its night audit."""


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place that may ask.


def rfc3339(moment: datetime) -> str:
    """Write a time the way every upstream does: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def open_hotel_day(moment: datetime, *, timezone: str) -> str:
    """Return the business date that is open in that time zone at that moment."""
    local = moment.astimezone(ZoneInfo(timezone)) - timedelta(hours=NIGHT_AUDIT_HOUR)
    return local.date().isoformat()


def day_after(day: str, days: int) -> str:
    """Return the date so many days later (or earlier)."""
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()
