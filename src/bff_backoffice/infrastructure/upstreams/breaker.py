"""Stops asking an upstream that keeps failing, and tries one call when the pause is over."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Literal

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.infrastructure.upstreams.policy import BreakerPolicy

BreakerState = Literal["closed", "open", "half_open"]
_PERCENT = 100


class Permit:
    """Leave to make one call. Exactly one of its methods is called, once, whatever happens."""

    __slots__ = ("_breaker", "_epoch", "_is_probe", "_is_settled")

    def __init__(self, breaker: "CircuitBreaker", *, epoch: int, is_probe: bool) -> None:
        self._breaker = breaker
        self._epoch = epoch
        self._is_probe = is_probe
        self._is_settled = False

    def succeeded(self) -> None:
        """Record an answer, 4xx included: the upstream is alive."""
        self._settle(failed=False)

    def failed(self) -> None:
        """Record a failure of the upstream's."""
        self._settle(failed=True)

    def abandoned(self) -> None:
        """Record that the caller went away before there was an outcome.

        A probe nobody waited for to the end counts as failed: it hung, and counting it as
        nothing would leave the breaker waiting for it for ever.
        """
        if self._is_probe:
            self._settle(failed=True)
        self._is_settled = True

    def _settle(self, *, failed: bool) -> None:
        if not self._is_settled:
            self._is_settled = True
            self._breaker.record(epoch=self._epoch, failed=failed)


class CircuitBreaker:
    """Opens on failures in a row or on their share of the last calls; then probes with one call.

    Not a gate for fairness: while open it refuses at once, without waiting. Behind a probe
    callers may wait a moment, so that a dashboard's calls that start together are not lost but
    for the one that was first.
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._state: BreakerState = "closed"
        self._epoch = 0
        self._in_a_row = 0
        self._recent: deque[bool] = deque(maxlen=policy.window_calls)
        self._opened_at = 0.0
        self._probe_decided = asyncio.Event()

    @property
    def state(self) -> BreakerState:
        """Return the state as of the last call; a pause that is over still reads `open`."""
        return self._state

    @property
    def is_pausing(self) -> bool:
        """Tell whether it is open and will stay so for a while."""
        return self._state == "open" and not self._pause_is_over()

    def would_refuse(self) -> bool:
        """Tell whether a call asked for now would be refused. Takes nothing."""
        return self.is_pausing or self._state == "half_open"

    def ask(self) -> Permit | None:
        """Return leave to call, or None while the breaker is open or its probe is under way."""
        if self.would_refuse():
            return None
        if self._state == "open":
            self._change("half_open")
            return Permit(self, epoch=self._epoch, is_probe=True)
        return Permit(self, epoch=self._epoch, is_probe=False)

    async def ask_behind_probe(self, *, wait_seconds_max: float) -> Permit | None:
        """Return leave to call as `ask` does, waiting for a probe under way that long at most."""
        if self._state == "half_open" and wait_seconds_max > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds_max):
                    await self._probe_decided.wait()
        return self.ask()

    def record(self, *, epoch: int, failed: bool) -> None:
        """Take one outcome. Calls from before the last change of state no longer count."""
        if epoch != self._epoch:
            return
        if self._state == "half_open":
            self._change("open" if failed else "closed")
            return
        self._recent.append(failed)
        self._in_a_row = self._in_a_row + 1 if failed else 0
        if self._in_a_row >= self._policy.consecutive_failures or self._share_is_reached():
            self._change("open")

    def _share_is_reached(self) -> bool:
        calls = len(self._recent)
        if calls < self._policy.window_calls:
            return False
        return sum(self._recent) * _PERCENT >= calls * self._policy.failure_percent

    def _pause_is_over(self) -> bool:
        return self._clock.monotonic_seconds() - self._opened_at >= self._policy.open_seconds

    def _change(self, state: BreakerState) -> None:
        self._state = state
        self._epoch += 1
        self._in_a_row = 0
        self._recent.clear()
        if state == "half_open":
            self._probe_decided.clear()
        else:
            self._probe_decided.set()
        if state == "open":
            self._opened_at = self._clock.monotonic_seconds()
