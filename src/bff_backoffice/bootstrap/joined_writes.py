"""One system call per answer: what is written in one turn of the event loop leaves together.

The HTTP server writes an answer's head and body apart, and each of these is a `send` of its own,
the dearest thing the service does for a request. Nothing is held beyond the turn, so a stream's
chunks leave as they come.
"""

import asyncio
from typing import Final

JOINED_BYTES_MAX: Final = 64 * 1024
"""Beyond this nothing waits for the turn's end: the socket's own buffer limits then apply."""


class JoinedWrites(asyncio.Transport):
    """A connection's transport, as the HTTP server uses it."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._written: list[bytes | bytearray | memoryview] = []
        self._written_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send it when this turn of the event loop ends."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)
        self._written_bytes += len(data)
        if self._written_bytes > JOINED_BYTES_MAX:
            self._send()

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what was written in this turn is lost."""
        self._written.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Tell whether it is closed or closing."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what the transport knows of itself."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take no more bytes from the client for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes from the client again."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        self._transport.set_protocol(protocol)

    def _send(self) -> None:
        written, self._written = self._written, []
        self._written_bytes = 0
        if written and not self._transport.is_closing():
            self._transport.write(written[0] if len(written) == 1 else b"".join(written))
