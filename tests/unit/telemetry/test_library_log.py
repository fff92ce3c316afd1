"""What libraries log: that they complained and about what, never in their own words."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.telemetry.library_log import (
    PARTS_MAX,
    PAUSE_SECONDS,
    LibraryLog,
    take_over_library_logs,
)
from bff_backoffice.telemetry.log_events import LogEvents


class Heard:
    """A handler on a logger of its own, and what it wrote."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.stream = io.StringIO()
        self.handler = LibraryLog(LogEvents(self.clock, self.stream), self.clock)

    def lines(self) -> list[dict[str, object]]:
        return [json.JSONDecoder().decode(line) for line in self.stream.getvalue().splitlines()]

    def complain(self, name: str = "some.library", error: BaseException | None = None) -> None:
        record = logging.LogRecord(
            name, logging.WARNING, __file__, 1, "guest %s", ("Zarmina",),
            None if error is None else (type(error), error, error.__traceback__),
        )  # fmt: skip
        self.handler.handle(record)


def test_a_complaint_is_told_without_its_words() -> None:
    heard = Heard()

    heard.complain()
    heard.complain("other", ValueError("Zarmina"))

    first, second = heard.lines()
    assert (first["event"], first["part"], first["count"]) == (
        "library.complained", "some.library", 1,
    )  # fmt: skip
    assert second["errorType"] == "ValueError"
    assert "Zarmina" not in heard.stream.getvalue()


def test_a_library_that_goes_on_complaining_is_counted_and_told_now_and_then() -> None:
    heard = Heard()

    for _ in range(50):
        heard.complain()
    heard.clock.advance(PAUSE_SECONDS)
    heard.complain()

    assert [line["count"] for line in heard.lines()] == [1, 50]


def test_loggers_without_end_share_one_line() -> None:
    heard = Heard()

    for number in range(PARTS_MAX + 50):
        heard.complain(f"logger.{number}")

    assert len(heard.lines()) == PARTS_MAX + 1


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    found = logging.getLogger()
    handlers, level = found.handlers, found.level
    yield found
    logging.captureWarnings(capture=False)
    found.handlers = handlers
    found.setLevel(level)


def test_nothing_else_writes_lines_in_a_process_that_was_taken_over(root: logging.Logger) -> None:
    stream = io.StringIO()
    take_over_library_logs(LogEvents(ManualClock(), stream), ManualClock())

    logging.getLogger("uvicorn.error").warning("Invalid HTTP request from %s", "Zarmina")
    logging.getLogger("uvicorn.error").info("Started")

    (line,) = stream.getvalue().splitlines()
    assert json.JSONDecoder().decode(line)["part"] == "uvicorn.error"
    assert "Zarmina" not in line
    assert len(root.handlers) == 1
