"""The HTTP server's protocol, with the limits it does not have by itself.

A request's head is bounded in bytes and in time before anything of it is looked at, and only a
target that is a path is taken: `GET http://elsewhere/…` is nothing this service serves.
"""

import asyncio
import os
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bff_backoffice.bootstrap.joined_writes import JoinedWrites
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import new_ulid
from bff_backoffice.presentation.asgi import (
    HEADER_BYTES_MAX,
    SECURITY_HEADERS,
    HeadersTooLarge,
    MalformedRequest,
)
from bff_backoffice.presentation.problems import ProblemPlace, write_problem

HEAD_BYTES_MAX: Final = 2 * HEADER_BYTES_MAX
"""Beyond this the connection is closed; up to it the application answers 431 in full."""
HEAD_SECONDS_MAX: Final = 10.0
_CLOCK: Final = SystemClock()


class GuardedHttpProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # allow-any: the server's own
        super().__init__(*arguments, **options)
        self._head_bytes = 0
        self._is_in_head = True
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server
        """Give a new connection its time to send a first head."""
        super().connection_made(JoinedWrites(transport, self.loop))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer with the connection."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that goes on and on ends the connection."""
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES_MAX:
            self._close(last_words(HeadersTooLarge()))
        elif self._head_timer is None and self.cycle.response_complete:
            # Any byte ends the server's own wait for the next request: an empty line, or the
            # rest of a body that nobody reads, must not hold the connection for ever.
            self._start_timer()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, in the shape of every other refusal."""
        del msg
        self._close(last_words(MalformedRequest()))

    def on_message_begin(self) -> None:
        """Count a new head, without the bytes that came along with the last message."""
        super().on_message_begin()
        if not self._is_in_head:
            self._head_bytes = 0
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Make a target that is not a path one that no route has."""
        if not self.url and not url.startswith(b"/"):
            url = b"/" + url
        super().on_url(url)

    def on_headers_complete(self) -> None:
        """Stop counting: the head is there, within its limits."""
        super().on_headers_complete()
        self._head_is_there()

    def _expect_head(self) -> None:
        self._is_in_head = True
        self._start_timer()

    def _head_is_there(self) -> None:
        self._is_in_head = False
        self._stop_timer()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS_MAX, self._close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self, last_words: bytes = b"") -> None:
        if not self.transport.is_closing():
            if last_words:
                self.transport.write(last_words)
            self.transport.close()


def last_words(refusal: ServiceError) -> bytes:
    """Write a whole answer for a request that never reached the application."""
    request_id = f"req_{new_ulid(_CLOCK)}"
    place = ProblemPlace(
        instance="", request_id=request_id, trace_id=os.urandom(16).hex(), tenant_id=None
    )
    answer = write_problem(refusal, place)
    fields = [
        (b"content-type", (answer.media_type or "").encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        *SECURITY_HEADERS,
    ]
    head = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n".encode()
    return head + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + answer.body
