"""What a fault does to a connection or to an answer on its way out."""

import asyncio
import os
import socket
import struct
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from upstream_simulator.documents import to_json
from upstream_simulator.exchange import Answer
from upstream_simulator.faults import Fault

HUGE_BODY_BYTES: Final = 40 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
GARBAGE: Final = b'{"items": [\x00\xff\xfe <html>upstream connect error</html> }}]'

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


async def wait_until_the_client_goes(receive: Receive) -> None:
    """Never answer; return once the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def cut_connection(scope: Scope, receive: Receive) -> None:
    """Reset the connection (RST, not a clean end), not one byte of an answer sent."""
    transport: asyncio.Transport = scope["state"]["transport"]
    ours = transport.get_extra_info("socket")
    if ours is not None:
        # A duplicate: the event loop's own wrapper does not let its options be set.
        with socket.socket(fileno=os.dup(ours.fileno())) as duplicate:
            duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
    await wait_until_the_client_goes(receive)


def error_answer(fault: Fault) -> Answer:
    """Fail as a proxy or a broken server does, in nobody's dialect unless a body is given."""
    status = fault.number("status", 503)
    headers = {"content-type": "application/json"}
    if "retryAfterSeconds" in fault.parameters:
        headers["retry-after"] = str(fault.number("retryAfterSeconds", 1))
    body = fault.parameters.get("body", {"error": "injected"})
    return Answer(status=status, body=to_json(body).encode(), headers=headers)


def garbage_answer(fault: Fault) -> Answer:
    """Say 200 and JSON, and send neither; or, with `body`, JSON of a wrong shape."""
    body = fault.parameters.get("body")
    content = GARBAGE if body is None else to_json(body).encode()
    return Answer(status=200, body=content, headers={"content-type": "application/json"})


async def send_answer(send: Send, answer: Answer) -> None:
    """Send the answer whole."""
    await send(_start(answer, len(answer.body)))
    await send({"type": "http.response.body", "body": answer.body})


async def send_slowly(send: Send, answer: Answer, fault: Fault) -> None:
    """Send the right answer a few bytes at a time."""
    chunk_bytes = fault.number("chunkBytes", 16)
    pause_seconds = fault.number("ms", 100) / 1000
    await send(_start(answer, len(answer.body)))
    for offset in range(0, len(answer.body), chunk_bytes):
        chunk = answer.body[offset : offset + chunk_bytes]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(pause_seconds)
    await send({"type": "http.response.body", "body": b""})


async def send_huge_body(send: Send, fault: Fault) -> None:
    """Send a valid JSON document of 40 MB, chunked, at the reader's pace."""
    total = fault.number("bytes", HUGE_BODY_BYTES)
    answer = Answer(status=200, headers={"content-type": "application/json"})
    filler = b" " * CHUNK_BYTES
    await send(_start(answer, None))
    await send({"type": "http.response.body", "body": b'{"items":[', "more_body": True})
    for _ in range(total // CHUNK_BYTES):
        await send({"type": "http.response.body", "body": filler, "more_body": True})
    await send({"type": "http.response.body", "body": b"]}"})


def _start(answer: Answer, length: int | None) -> Message:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}
