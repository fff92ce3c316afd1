"""Load over keep-alive connections from this process; what it costs the server is asked of it."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

HEAD_END: Final = b"\r\n\r\n"
LOOPBACK: Final = "127.0.0.1"
ROUND_SECONDS_MAX: Final = 30.0


class BrokenAnswer(ConnectionError):  # noqa: N818 - reads as the fact it states
    """The server hung up, or its answer's length cannot be told."""


async def send_all(port: int, requests: Sequence[bytes], *, connections: int) -> Counter[int]:
    """Send each request once, `connections` at a time, and count the answers by status."""
    seen: Counter[int] = Counter()
    waiting = iter(requests)
    async with asyncio.timeout(ROUND_SECONDS_MAX), asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_one_connection(port, waiting, seen))
    return seen


async def _one_connection(port: int, waiting: Iterator[bytes], seen: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(HEAD_END)
            seen[int(head[9:12])] += 1
            await reader.readexactly(_body_length(head))
    finally:
        writer.close()


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BrokenAnswer(head[:80].decode("latin-1"))
