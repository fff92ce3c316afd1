"""What libraries log, in lines of ours: which part complained and about what kind of error.

Their own words may quote what somebody sent, or what a store answered, so they stay out.
"""

import logging
from typing import Final

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.telemetry.log_events import LogEvents

PAUSE_SECONDS: Final = 60.0
PARTS_MAX: Final = 200


class LibraryLog(logging.Handler):
    """Says of each logger that it complained, at most once in PAUSE_SECONDS, and how often."""

    def __init__(self, log: LogEvents, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._clock = clock
        self._told_at: dict[str, float] = {}
        self._unheard: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        now, part = self._clock.monotonic_seconds(), record.name
        if part not in self._told_at and len(self._told_at) >= PARTS_MAX:
            part = "(other)"
        self._unheard[part] = self._unheard.get(part, 0) + 1
        told_at = self._told_at.get(part)
        if told_at is not None and now - told_at < PAUSE_SECONDS:
            return
        error = record.exc_info[1] if record.exc_info else None
        self._log.trouble("library.complained", error, part=part, count=self._unheard[part])
        self._told_at[part], self._unheard[part] = now, 0


def take_over_library_logs(log: LogEvents, clock: Clock) -> None:
    """Let nothing else in this process write log lines. For a process's main alone."""
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [LibraryLog(log, clock)]
    root.setLevel(logging.WARNING)
