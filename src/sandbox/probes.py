"""Asks a part whether it is ready. A probe answers in time or says no; it never raises."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from sandbox.ports import LOOPBACK

Probe = Callable[[], Awaitable[bool]]

_PROBE_SECONDS: Final = 2.0
_REPLY_BYTES_MAX: Final = 4096
_NOT_YET: Final = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)


def answers_http(port: int, path: str) -> Probe:
    """Ready when a GET of this path answers 200."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n".encode()
    )

    async def probe() -> bool:
        reply = await _exchange(port, request)
        return reply.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 "))

    return probe


def answers_valkey(port: int, password: str) -> Probe:
    """Ready when the server takes the password and a PING (not while it loads its file)."""
    request = f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode()

    async def probe() -> bool:
        return (await _exchange(port, request)).startswith(b"+OK\r\n+PONG\r\n")

    return probe


def answers_postgres(url: str) -> Probe:
    """Ready when the server takes the sign-in and a query."""

    async def probe() -> bool:
        try:
            connection = await asyncpg.connect(url, timeout=_PROBE_SECONDS)
        except (asyncpg.PostgresError, *_NOT_YET):
            return False
        try:
            return bool(await connection.fetchval("SELECT true", timeout=_PROBE_SECONDS))
        except (asyncpg.PostgresError, *_NOT_YET):
            return False
        finally:
            connection.terminate()

    return probe


async def _exchange(port: int, request: bytes) -> bytes:
    """Return the beginning of the reply, empty where there is none in time."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(request)
                await writer.drain()
                return await _read_until_closed(reader)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except _NOT_YET:
        return b""


async def _read_until_closed(reader: asyncio.StreamReader) -> bytes:
    reply = b""
    while len(reply) < _REPLY_BYTES_MAX and (more := await reader.read(_REPLY_BYTES_MAX)):
        reply += more
    return reply
