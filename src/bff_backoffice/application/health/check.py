"""What this process says of itself, and of the stores it leans on.

Ready means started, keys loaded, not draining. A store that blinks is told in the body and in
metrics; it does not make the instance unready, or a blink would take out every instance at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

PING_SECONDS_MAX: Final = 1.0

Ping = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether to send requests here, and how each dependency does."""

    is_ready: bool
    is_started: bool
    is_draining: bool
    are_keys_loaded: bool
    dependencies: dict[str, bool]


class HealthCheck:
    """Holds the process's own state; asks the dependencies when asked."""

    def __init__(self, pings: Mapping[str, Ping], keys_loaded: Callable[[], bool]) -> None:
        self._pings = dict(pings)
        self._keys_loaded = keys_loaded
        self.is_started = False
        self.is_draining = False

    async def readiness(self) -> Readiness:
        """Return the state now; takes at most PING_SECONDS_MAX."""
        names = list(self._pings)
        answers = await asyncio.gather(*(_within_time(self._pings[name]) for name in names))
        are_keys_loaded = self._keys_loaded()
        return Readiness(
            is_ready=self.is_started and are_keys_loaded and not self.is_draining,
            is_started=self.is_started,
            is_draining=self.is_draining,
            are_keys_loaded=are_keys_loaded,
            dependencies=dict(zip(names, answers, strict=True)),
        )


async def _within_time(ping: Ping) -> bool:
    try:
        async with asyncio.timeout(PING_SECONDS_MAX):
            return await ping()
    except TimeoutError:
        return False
