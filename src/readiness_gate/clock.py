"""The gate's only source of time. Passed in, so that tests decide what time it is."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time for dates on evidence, monotonic time for deadlines."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return seconds that never step back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place that may ask.

    def monotonic_seconds(self) -> float:
        """Return seconds that never step back."""
        return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment after which nobody waits any longer; shared by all steps of one check."""

    clock: Clock
    at_seconds: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> "Deadline":
        """Return the deadline that lies this many seconds ahead."""
        return cls(clock=clock, at_seconds=clock.monotonic_seconds() + seconds)

    def remaining_seconds(self) -> float:
        """Return how long one may still wait; zero when the deadline has passed."""
        return max(0.0, self.at_seconds - self.clock.monotonic_seconds())
