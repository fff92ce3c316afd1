"""How `sandbox status`, `start`, `stop`, `kill` and `down` talk to the running supervisor.

One request and one answer per connection, each a line of JSON, over a Unix socket that only
its owner can open. The socket lies in a short folder of its own: the project's path may be
longer than a socket's name can be.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

_LINE_BYTES_MAX: Final = 65_536
_REQUEST_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 180.0

Action = Literal["status", "start", "stop", "kill", "down"]


class SupervisorFile(msgspec.Struct, frozen=True):
    """Where the running supervisor is."""

    pid: int
    socket: str


class Request(msgspec.Struct, frozen=True):
    """What is asked; `part` for start, stop and kill."""

    action: Action
    part: str = ""


class PartStatus(msgspec.Struct, frozen=True):
    """One part as `sandbox status --json` shows it; `data` says where it keeps some."""

    name: str
    pid: int | None
    port: int | None
    log: str
    state: str
    data: str | None


class Answer(msgspec.Struct, frozen=True):
    """What came of it."""

    is_done: bool
    message: str = ""
    is_all_ready: bool = False
    parts: tuple[PartStatus, ...] = ()


class NotRunningError(Exception):
    """No supervisor answers."""


Handler = Callable[[Request], Awaitable[Answer]]


async def serve(path: Path, handle: Handler) -> asyncio.Server:
    """Listen on the socket until the server is closed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                line = await reader.readline()
            writer.write(msgspec.json.encode(await _answer(line, handle)) + b"\n")
            async with asyncio.timeout(_REQUEST_SECONDS):
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return  # The caller went away or never spoke: nobody to tell.
        finally:
            writer.close()

    return await asyncio.start_unix_server(connected, path, limit=_LINE_BYTES_MAX)


async def _answer(line: bytes, handle: Handler) -> Answer:
    try:
        request = msgspec.json.decode(line, type=Request)
    except msgspec.DecodeError as error:
        return Answer(is_done=False, message=f"not a request: {error}")
    return await handle(request)


def ask(supervisor: Path, request: Request) -> Answer:
    """Ask the running supervisor. Raises NotRunningError."""
    try:
        place = msgspec.json.decode(supervisor.read_bytes(), type=SupervisorFile)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.connect(place.socket)
            connection.sendall(msgspec.json.encode(request) + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline(_LINE_BYTES_MAX)
        return msgspec.json.decode(line, type=Answer)
    except (OSError, msgspec.DecodeError) as error:
        raise NotRunningError(str(error)) from error
