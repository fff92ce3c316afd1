"""A moment after which nobody waits any more. Handed down through every call."""

from dataclasses import dataclass

from bff_backoffice.foundation.clock import Clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock; a child deadline never lies past its parent's."""

    clock: Clock
    at_monotonic_seconds: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> "Deadline":
        """Return the deadline that many seconds from now."""
        return cls(clock, clock.monotonic_seconds() + seconds)

    def remaining_seconds(self) -> float:
        """Return what is left, never below zero."""
        return max(0.0, self.at_monotonic_seconds - self.clock.monotonic_seconds())

    def has_passed(self) -> bool:
        """Tell whether the moment is over."""
        return self.remaining_seconds() <= 0.0

    def capped(self, seconds: float) -> "Deadline":
        """Return the earlier of this deadline and the one that many seconds from now."""
        own = self.clock.monotonic_seconds() + seconds
        return Deadline(self.clock, min(self.at_monotonic_seconds, own))
