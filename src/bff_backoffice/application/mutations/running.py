"""Actions under way. Once claimed, an action goes on whether or not anyone still waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

from bff_backoffice.domain.mutation import MutationsOverloaded
from bff_backoffice.foundation.deadline import Deadline

Outcome = TypeVar("Outcome")
UNDER_WAY_MAX: Final = 128


class RunningMutations:
    """A bounded set of tasks that no client can cancel, finished before the process ends."""

    def __init__(self, under_way_max: int = UNDER_WAY_MAX) -> None:
        self._under_way_max = under_way_max
        self._tasks: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    async def shielded(self, action: Coroutine[object, object, Outcome]) -> Outcome:
        """Run the action to its end; return or raise what it does.

        If the caller is cancelled the action goes on. Raises MutationsOverloaded, with nothing
        begun, when too many are under way.
        """
        if len(self._tasks) >= self._under_way_max:
            action.close()
            raise MutationsOverloaded(retry_after_seconds=1)
        task = asyncio.create_task(action)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    async def drain(self, deadline: Deadline) -> int:
        """Wait for what is under way; return how many were still not finished.

        Those are ended: their claims stay, and the reconciler settles them.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline.remaining_seconds())
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever still waits gets it; if nobody does, it is not news.
