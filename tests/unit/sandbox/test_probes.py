import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from sandbox import probes
from sandbox.ports import LOOPBACK
from sandbox.probes import answers_http, answers_postgres, answers_valkey


@asynccontextmanager
async def listener(reply: bytes | None) -> AsyncGenerator[int]:
    """Give the port of a server that answers everything with this; None: never."""
    answered: list[asyncio.Future[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = asyncio.get_running_loop().create_future()
        answered.append(done)
        await reader.read(1024)
        if reply is None:
            await reader.read()  # Until the caller gives up.
        else:
            writer.write(reply)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        done.set_result(None)

    server = await asyncio.start_server(connected, LOOPBACK, 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await asyncio.gather(*answered)


@pytest.mark.parametrize(
    ("reply", "is_ready"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"HTTP/1.1 2000 OK\r\n\r\n", False),
        (b"garbage", False),
        (b"", False),
    ],
)
async def test_only_a_200_is_ready(reply: bytes, *, is_ready: bool) -> None:
    async with listener(reply) as port:
        assert await answers_http(port, "/health/ready")() is is_ready


@pytest.mark.parametrize(
    ("reply", "is_ready"),
    [
        (b"+OK\r\n+PONG\r\n+OK\r\n", True),
        (b"-WRONGPASS invalid\r\n-NOAUTH\r\n", False),
        (b"+OK\r\n-LOADING the dataset\r\n", False),
    ],
)
async def test_a_store_that_still_loads_is_not_ready(reply: bytes, *, is_ready: bool) -> None:
    async with listener(reply) as port:
        assert await answers_valkey(port, "password")() is is_ready


async def test_nobody_listening_is_not_ready_and_no_error() -> None:
    async with listener(b"") as port:
        pass

    assert not await answers_http(port, "/")()
    assert not await answers_valkey(port, "password")()
    assert not await answers_postgres(f"postgresql://u:p@{LOOPBACK}:{port}/d")()


async def test_a_server_that_never_answers_costs_the_probe_its_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probes, "_PROBE_SECONDS", 0.05)
    async with listener(None) as port:
        assert not await answers_http(port, "/")()
        assert not await answers_postgres(f"postgresql://u:p@{LOOPBACK}:{port}/d")()
