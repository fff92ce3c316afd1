"""The simulator's time: one place to ask, so that tests can decide what time it is."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

NIGHT_AUDIT_HOUR: Final = 3
"""A hotel day stays open past midnight until its night audit."""

_ZONES: Final = {
    "Asia/Kabul": timezone(timedelta(hours=4, minutes=30)),
    "Asia/Dushanbe": timezone(timedelta(hours=5)),
    "Asia/Riyadh": timezone(timedelta(hours=3)),
}
"""The seeded hotels' zones. None keeps summer time, so no time-zone database is needed."""


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


def zone_of(name: str) -> timezone:
    """Return a seeded hotel's time zone."""
    return _ZONES[name]


def open_hotel_day(moment: datetime, *, zone_name: str) -> str:
    """Return the business date that is open in that time zone at that moment."""
    local = moment.astimezone(zone_of(zone_name)) - timedelta(hours=NIGHT_AUDIT_HOUR)
    return local.date().isoformat()


def day_after(day: str, days: int) -> str:
    """Return the date so many days later (or earlier)."""
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()
