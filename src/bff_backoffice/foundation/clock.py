"""The only source of time. Passed in, so that tests decide what time it is."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time for what leaves the process, monotonic time for waits inside it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def epoch_seconds(self) -> float:
        """Return the current time as seconds since the epoch."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds that never step back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a fake returns at once and moves its own time on."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place that may ask.

    def epoch_seconds(self) -> float:
        """Return the current time as seconds since the epoch."""
        return time.time()  # noqa: TID251 - this is the one place that may ask.

    def monotonic_seconds(self) -> float:
        """Return seconds that never step back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


def rfc3339(moment: datetime) -> str:
    """Write a time the way every answer and event does: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
