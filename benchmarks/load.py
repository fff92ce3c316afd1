"""A closed loop of requests over kept connections: as many at a time as there are connections."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

REQUESTS_MAX: Final = 50_000
ROUND_SECONDS_MAX: Final = 120.0
HEAD_END: Final = b"\r\n\r\n"
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """What the load saw of one round."""

    seconds: float
    latencies: list[float]
    statuses: dict[int, int]


async def send_all(origin: str, requests: Sequence[bytes], *, connections: int) -> RoundResult:
    """Send every request once and return what came back."""
    if len(requests) > REQUESTS_MAX:
        raise ValueError("too many requests")
    parts = urlsplit(origin)
    loop = asyncio.get_running_loop()
    clients: list[_Connection] = []
    for number in range(connections):
        mine = requests[number::connections]
        if mine:
            _, client = await loop.create_connection(
                lambda mine=mine: _Connection(mine),  # type: ignore[misc]  # bound per connection
                host=parts.hostname or "",
                port=parts.port or 0,
            )
            clients.append(client)
    started = time.perf_counter()
    for client in clients:
        client.start()
    async with asyncio.timeout(ROUND_SECONDS_MAX):
        await asyncio.gather(*(client.finished for client in clients))
    seconds = time.perf_counter() - started
    statuses: dict[int, int] = {}
    for client in clients:
        for status in client.statuses:
            statuses[status] = statuses.get(status, 0) + 1
    latencies = sorted(latency for client in clients for latency in client.latencies)
    return RoundResult(seconds=seconds, latencies=latencies, statuses=statuses)


class _Connection(asyncio.Protocol):
    """Sends the next request when the last answer is whole."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = iter(requests)
        self._received = bytearray()
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.statuses: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def start(self) -> None:
        """Send the first request."""
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        status = _status_of_whole(self._received)
        if status is None:
            return
        self._received.clear()
        self.statuses.append(status)
        self.latencies.append(time.perf_counter() - self._sent_at)
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server hung up"))

    def _send_next(self) -> None:
        request = next(self._requests, None)
        assert self._transport is not None  # noqa: S101 - start comes after connection_made
        if request is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _status_of_whole(received: bytearray) -> int | None:
    """Return the status once the answer is whole: by its length, or by its last chunk."""
    head_end = received.find(HEAD_END)
    if head_end < 0:
        return None
    head = bytes(received[:head_end]).lower()
    status = int(head[9:12])
    place = head.find(b"content-length:")
    if place >= 0:
        length = int(
            head[place + 15 : head.find(b"\r\n", place) if b"\r\n" in head[place:] else None]
        )
        is_whole = len(received) >= head_end + len(HEAD_END) + length
    else:
        is_whole = received.endswith(LAST_CHUNK)
    return status if is_whole else None
