"""Makes the n-th call to the outside fail, whichever port it goes through."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

Moment = Literal["before", "after"]


@dataclass(slots=True)
class NthCall:
    """Counts the asynchronous calls of all ports it watches; the n-th fails.

    `before`: the call never took effect. `after`: it did, and only its answer is lost.
    """

    fails_at: int
    moment: Moment
    calls: int = 0

    def watch(self, port: object, error: Callable[[], Exception]) -> Any:  # noqa: ANN401  # allow-any: stands in for whichever port it wraps
        """Return the port, its calls counted with the others'."""
        return _Watched(port, self, error)

    def is_due(self) -> bool:
        """Count one call; tell whether it is the one."""
        self.calls += 1
        return self.calls == self.fails_at


class _Watched:
    def __init__(self, port: object, nth: NthCall, error: Callable[[], Exception]) -> None:
        self._port, self._nth, self._error = port, nth, error

    def __getattr__(self, name: str) -> object:
        found = getattr(self._port, name)
        if not callable(found) or name == "refusal":
            return found

        async def call(*arguments: object, **named: object) -> object:
            is_due = self._nth.is_due()
            if is_due and self._nth.moment == "before":
                raise self._error()
            answer = await cast("Awaitable[object]", found(*arguments, **named))
            if is_due:
                raise self._error()
            return answer

        return call
