"""Calling an ASGI application without a socket."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from bff_backoffice.presentation.app import Application

Event = MutableMapping[str, Any]  # allow-any: ASGI's own untyped dictionary


@dataclass(slots=True)
class AsgiCall:
    """One request; `chunks` of its body arrive one by one, then the client stays or goes."""

    method: str = "GET"
    path: str = "/"
    query: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    chunks: list[bytes] = field(default_factory=lambda: [b""])
    hangs_up: bool = False
    """Hang up once the chunks are sent, in the middle of the body."""
    client: tuple[str, int] | None = ("203.0.113.7", 1234)
    sent: list[Event] = field(default_factory=list[Event])
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, application: Application) -> "AsgiCall":
        """Run it to its end."""
        await application(self._scope(), self._receive, self._send)
        return self

    @property
    def status(self) -> int:
        """The answer's status."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        """The whole of the answer's body."""
        return b"".join(event.get("body", b"") for event in self.sent[1:])

    @property
    def answered(self) -> dict[str, str]:
        """The answer's header fields; a repeated one is a mistake."""
        pairs = [(name.decode(), value.decode()) for name, value in self.sent[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    def _scope(self) -> Event:
        return {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode("latin-1"),
            "query_string": self.query,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in self.headers
            ],
            "client": self.client,
        }

    async def _receive(self) -> Event:
        if self.chunks:
            chunk = self.chunks.pop(0)
            more = bool(self.chunks) or self.hangs_up
            return {"type": "http.request", "body": chunk, "more_body": more}
        if not self.hangs_up:
            await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: Event) -> None:
        self.sent.append(event)
