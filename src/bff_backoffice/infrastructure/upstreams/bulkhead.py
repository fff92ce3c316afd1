"""How many calls of one kind may be under way, and how many may wait a moment for their turn.

A burst that a healthy upstream works off in milliseconds costs nobody anything; behind a hung
one the queue is full at once and the rest is refused without waiting.
"""

import asyncio
from collections import deque
from contextlib import suppress


class Bulkhead:
    """A bounded number of places with a bounded queue. Places are given in order of asking."""

    def __init__(self, *, places: int, waiting_max: int) -> None:
        self._places = places
        self._waiting_max = waiting_max
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        """Tell whether a caller would be refused without waiting."""
        return self._taken >= self._places and len(self._waiting) >= self._waiting_max

    async def enter(self, *, wait_seconds_max: float) -> bool:
        """Take a place, waiting for one that long at most; tell whether there was one.

        Whoever got True calls `leave`, once, whatever happens.
        """
        if self._taken < self._places:
            self._taken += 1
            return True
        if self.is_full or wait_seconds_max <= 0:
            return False
        return await self._wait(wait_seconds_max)

    def leave(self) -> None:
        """Give the place back: to the first who still waits for one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1

    async def _wait(self, seconds: float) -> bool:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await turn
        except asyncio.CancelledError:
            if _was_given(turn):
                self.leave()  # The place came in the very moment its caller went.
            raise
        finally:
            with suppress(ValueError):
                self._waiting.remove(turn)
        return _was_given(turn)


def _was_given(turn: asyncio.Future[None]) -> bool:
    return turn.done() and not turn.cancelled()
