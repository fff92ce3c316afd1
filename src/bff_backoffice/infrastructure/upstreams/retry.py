"""Whether a failed call may be made again, and after how long."""

from collections.abc import Callable
from typing import Final

from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure

BUDGET_PER_CALL: Final = 0.1
"""Retries add a tenth to the load at most, however long an outage lasts."""
BUDGET_MAX: Final = 10.0
BACKOFF_SECONDS_MAX: Final = 0.05
ATTEMPT_SECONDS_MIN: Final = 0.05
"""Less time than this is not worth another attempt."""

WORTH_ANOTHER_TRY: Final[frozenset[FailureReason]] = frozenset({"unreachable", "reset", "error"})
"""A timeout has spent the deadline; a bad answer would come again."""


class RetryBudget:
    """Tokens that ordinary calls earn and retries spend. Holds no lock: one event loop."""

    def __init__(self) -> None:
        self._tokens = BUDGET_MAX

    def earn(self) -> None:
        """Credit one first attempt."""
        self._tokens = min(BUDGET_MAX, self._tokens + BUDGET_PER_CALL)

    def spend(self) -> bool:
        """Take one retry's worth; False when there is none left."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def retry_delay_seconds(
    failure: UpstreamFailure, *, remaining_seconds: float, random: Callable[[], float]
) -> float | None:
    """Return how long to wait before trying again, or None when it must not or cannot help."""
    if failure.reason not in WORTH_ANOTHER_TRY:
        return None
    delay = random() * BACKOFF_SECONDS_MAX
    if failure.retry_after_seconds is not None:
        delay += failure.retry_after_seconds
    return delay if delay + ATTEMPT_SECONDS_MIN <= remaining_seconds else None
