"""A real HTTP server on the loopback that answers as told: well, badly or not at all."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
CHUNK: Final = b"x" * 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request as it arrived, headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class UpstreamServer:
    """Serves `behaviours` in turn, the last one for ever, and remembers what it saw."""

    origin: str = ""
    behaviours: list[Behaviour] = field(default_factory=list[Behaviour])
    seen: list[SeenRequest] = field(default_factory=list[SeenRequest])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def behave(self, *behaviours: Behaviour) -> None:
        """Answer the next requests like this."""
        self.behaviours = list(behaviours)

    async def has_seen(self, requests: int) -> None:
        """Wait until that many requests have arrived."""
        while len(self.seen) < requests:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), timeout=5)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        try:
            while not writer.is_closing():
                self.seen.append(await _read_request(reader))
                self.arrived.set()
                behaviour = self.behaviours[0]
                if len(self.behaviours) > 1:
                    self.behaviours.pop(0)
                await behaviour(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()


@asynccontextmanager
async def running_upstream(*behaviours: Behaviour) -> AsyncGenerator[UpstreamServer]:
    """Start the server on a free port; stop it and all its connections at the end."""
    upstream = UpstreamServer(behaviours=list(behaviours))
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.ensure_future(upstream.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    upstream.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0)  # Aborted transports close on the loop's next turn.


def answering(body: bytes, *, status: int = 200, headers: str = "") -> Behaviour:
    """Answer with this body."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} Said\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return behave


async def hanging(writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side gives up."""
    await asyncio.sleep(30)
    writer.close()


async def resetting(writer: asyncio.StreamWriter) -> None:
    """Break the connection after the request has been read."""
    writer.transport.abort()


async def talking_nonsense(writer: asyncio.StreamWriter) -> None:
    """Send bytes that are not HTTP."""
    writer.write(b"\x00\x01 this is not HTTP\r\n\r\n")
    await writer.drain()
    writer.close()


async def promising_more(writer: asyncio.StreamWriter) -> None:
    """Announce a longer body than is sent, then close."""
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"a": 1}')
    await writer.drain()
    writer.close()


async def announcing_a_flood(writer: asyncio.StreamWriter) -> None:
    """Announce 40 MB and stall after the first of them."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 41943040\r\n\r\n" + CHUNK + CHUNK)
    await writer.drain()
    await asyncio.sleep(30)


async def flooding(writer: asyncio.StreamWriter) -> None:
    """Send 40 MB without announcing it."""
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    for _ in range(40 * 1024 * 1024 // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()
    writer.close()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Send one byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _read_request(reader: asyncio.StreamReader) -> SeenRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return SeenRequest(method=method, target=target, headers=headers, body=body)
