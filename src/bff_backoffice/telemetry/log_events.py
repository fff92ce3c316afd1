"""Everything the service may say in its log, one function per sentence.

One JSON object a line on standard output. The fields are those of LOG_FIELDS and no others;
none of them can hold a name, a token or a proof.
"""

import sys
import traceback
from collections.abc import Mapping
from typing import Final, TextIO

import msgspec

from bff_backoffice.foundation.clock import Clock, rfc3339

LOG_FIELDS: Final[Mapping[str, str]] = {
    "at": "when, RFC 3339 with milliseconds",
    "level": "`info`, `warning` or `error`",
    "event": "which sentence this is, one of the table below",
    "route": "the route's template, `(none)` where no route matched",
    "method": "the method, `(any)` where no route matched",
    "status": "the status that was sent",
    "durationMs": "from the request's head to the answer's end",
    "requestId": "`req_` and a ULID: the caller's own if it is one, else ours",
    "traceId": "the trace the request belongs to",
    "tenantId": "whose data; once the caller is known",
    "operatorId": "who acted; once the caller is known",
    "deviceId": "from which device; once the caller is known",
    "errorCode": "our own code of a refusal",
    "errorType": "an error's class; never its text, which may quote what somebody sent",
    "errorPlace": "the innermost functions and lines an error came from",
    "upstream": "which upstream",
    "reason": "one word or exit code of a closed set",
    "part": "which instance, process, loop, source or library part it is about",
    "count": "how many",
    "address": "our own address",
    "attempt": "the how-manieth try",
}
"""Every field a line may have, and what it holds."""
FRAMES_MAX: Final = 3


class LogEvents:
    """Writes log lines. A field that is not on the list is a programming mistake."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = stream or sys.stdout
        self._encoder = msgspec.json.Encoder()

    def request_answered(self, **fields: object) -> None:
        """Say that a request was answered."""
        self._write("info", "request.answered", fields)

    def request_failed(self, error: BaseException, **fields: object) -> None:
        """Say that a mistake of ours met a request: where, never with what values."""
        self._write("error", "request.failed", fields | _whereabouts(error))

    def process(self, event: str, **fields: object) -> None:
        """Say that the process, or a part of it, has changed its state."""
        self._write("info", event, fields)

    def trouble(self, event: str, error: BaseException | None = None, **fields: object) -> None:
        """Say that something outside is not as it should be."""
        self._write("warning", event, fields | (_whereabouts(error) if error else {}))

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        unknown = fields.keys() - LOG_FIELDS.keys()
        if unknown:
            raise TypeError(f"not on the list of log fields: {sorted(unknown)}")
        line = {"at": rfc3339(self._clock.now()), "level": level, "event": event, **fields}
        self._stream.write(self._encoder.encode(line).decode() + "\n")
        self._stream.flush()


def _whereabouts(error: BaseException) -> dict[str, object]:
    """Type and place of an error. Its text may quote what a client sent, so it stays out."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    places = [f"{frame.name}:{frame.lineno}" for frame in frames]
    return {"errorType": type(error).__name__, "errorPlace": " < ".join(reversed(places))}
