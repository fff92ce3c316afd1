"""One fetch at a time: callers of this process share a task, instances share a lease."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar, get_args

from bff_backoffice.application.ports.redis_commands import RedisUnavailable
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.infrastructure.cache.entries import Entry
from bff_backoffice.infrastructure.cache.redis_tier import LEASE_MILLISECONDS, RedisTier

FLIGHTS_MAX: Final = 1024
POLL_SECONDS: Final = 0.02
RENEW_SECONDS: Final = LEASE_MILLISECONDS / 1000 / 3
CLOSE_SECONDS_MAX: Final = 1.0
_REASONS: Final[dict[str, FailureReason]] = {reason: reason for reason in get_args(FailureReason)}

Result = TypeVar("Result")


class Flights:
    """The fetches of this process. Each outlives its callers, none its own deadline."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[Entry]] = {}

    def join(self, name: str, start: Callable[[], Awaitable[Entry]]) -> asyncio.Task[Entry] | None:
        """Return the flight of that name, started if need be; None when there are too many."""
        flight = self._under_way.get(name)
        if flight is None and len(self._under_way) < FLIGHTS_MAX:
            flight = asyncio.ensure_future(_awaited(start()))
            flight.set_name(f"fetch {name.partition(':')[0]}")
            self._under_way[name] = flight
            flight.add_done_callback(lambda done: self._ended(name, done))
        return flight

    def is_under_way(self, name: str) -> bool:
        """Tell whether that flight has started and not ended."""
        return name in self._under_way

    async def close(self) -> None:
        """Cancel what is under way and wait for it, a second at most."""
        flights = list(self._under_way.values())
        for flight in flights:
            flight.cancel()
        if flights:
            await asyncio.wait(flights, timeout=CLOSE_SECONDS_MAX)

    def _ended(self, name: str, flight: asyncio.Task[Entry]) -> None:
        self._under_way.pop(name, None)
        if not flight.cancelled():
            flight.exception()  # Seen: a flight that nobody waits for any more may fail quietly.


class Lease:
    """The right of one instance to fetch one view, and what the others do meanwhile."""

    def __init__(self, tier: RedisTier, clock: Clock, *, token: str) -> None:
        self._tier = tier
        self._clock = clock
        self._token = token

    async def wait_for_turn(
        self,
        *,
        key: str,
        lease: str,
        deadline: Deadline,
        is_usable: Callable[[Entry], bool],
    ) -> Entry | None:
        """Return another instance's fresh entry, or None when this one is to fetch.

        Raises UpstreamFailure as the leader's fetch ended, or `timeout`. A leader that died
        loses its lease and one of the followers becomes the leader.
        """
        while True:
            turn = await self._tier.take_turn(key, lease, self._token)
            if turn.entry is not None and is_usable(turn.entry):
                if turn.role == "leader":
                    await self._tier.release_lease(lease, self._token)
                return turn.entry
            if turn.role == "leader":
                return None
            if turn.failure is not None:
                raise _failure_from(turn.failure)
            if deadline.remaining_seconds() < POLL_SECONDS:
                raise UpstreamFailure(upstream="cache", reason="timeout")
            await self._clock.sleep(POLL_SECONDS)

    async def lead(self, lease: str, fetch: Callable[[], Awaitable[Result]]) -> Result:
        """Fetch while keeping the lease. A failure is left for the followers to see."""
        renewing = asyncio.create_task(self._keep(lease), name="keep lease")
        try:
            return await fetch()
        except UpstreamFailure as failure:
            with suppress(RedisUnavailable):
                await self._tier.mark_failed(lease, self._token, _text_of(failure))
            raise
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def release(self, lease: str) -> None:
        """Give the lease back. Without the store there is nothing to give back."""
        with suppress(RedisUnavailable):
            await self._tier.release_lease(lease, self._token)

    async def _keep(self, lease: str) -> None:
        with suppress(RedisUnavailable):
            while True:
                await self._clock.sleep(RENEW_SECONDS)
                await self._tier.renew_lease(lease, self._token)


async def _awaited(starting: Awaitable[Entry]) -> Entry:
    return await starting


def _text_of(failure: UpstreamFailure) -> str:
    return f"{failure.upstream} {failure.reason}"


def _failure_from(text: str) -> UpstreamFailure:
    upstream, _, reason = text.partition(" ")
    return UpstreamFailure(upstream=upstream, reason=_REASONS.get(reason, "error"))
