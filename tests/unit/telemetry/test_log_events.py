"""The log: one JSON object a line, of listed fields, without anybody's values."""

import io
import json

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.telemetry.log_events import LOG_FIELDS, LogEvents


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> LogEvents:
    return LogEvents(ManualClock(), stream)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.JSONDecoder().decode(line) for line in stream.getvalue().split("\n")[:-1]]


def test_a_line_says_when_what_and_the_fields_given(log: LogEvents, stream: io.StringIO) -> None:
    log.request_answered(route="/session", status=200)

    assert lines(stream) == [
        {
            "at": "2026-03-14T09:26:53.000Z",
            "level": "info",
            "event": "request.answered",
            "route": "/session",
            "status": 200,
        }
    ]


@pytest.mark.parametrize("name", ["token", "proof", "jti", "guestName", "body", "detail", "At"])
def test_a_field_that_is_not_on_the_list_is_a_mistake(
    log: LogEvents, stream: io.StringIO, name: str
) -> None:
    with pytest.raises(TypeError, match="not on the list"):
        log.process("x", **{name: "value"})

    assert stream.getvalue() == ""
    assert name not in LOG_FIELDS


def test_an_error_is_told_by_kind_and_place_and_never_by_its_words(
    log: LogEvents, stream: io.StringIO
) -> None:
    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise ValueError("Ahmad Khan, +93 70 000 0000")

    try:
        deep(10)
    except ValueError as error:
        log.request_failed(error, route="/x")
        log.trouble("store.lost", error, reason="timeout")

    failed, trouble = lines(stream)
    for line in (failed, trouble):
        assert line["errorType"] == "ValueError"
        assert str(line["errorPlace"]).count("deep:") == 3
        assert "Ahmad" not in json.dumps(line)
    assert (failed["level"], trouble["level"]) == ("error", "warning")


def test_no_value_breaks_out_of_its_line(log: LogEvents, stream: io.StringIO) -> None:
    log.process("x", reason='a"\n{"event":"forged"}\r\n\u2028')
    log.trouble("y")

    assert [line["event"] for line in lines(stream)] == ["x", "y"]
