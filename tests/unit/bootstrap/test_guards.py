"""The guards that stand before the rules: of new store connections and of client connections."""

import asyncio

import pytest
import uvicorn
from tests.access_desk import Desk
from uvicorn.server import ServerState

from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.redis_commands import RedisCommand, RedisUnavailable
from bff_backoffice.bootstrap import http_protocol
from bff_backoffice.bootstrap.access import RunGuard
from bff_backoffice.bootstrap.http_protocol import HEAD_BYTES_MAX, GuardedHttpProtocol
from bff_backoffice.infrastructure.redis.access_store import run_id_of
from bff_backoffice.presentation.asgi import Send


class Server:
    """Says which run of itself it is."""

    def __init__(self, reply: object) -> None:
        self.reply = reply
        self.asked: list[RedisCommand] = []

    async def ask(self, command: RedisCommand) -> object:
        self.asked.append(command)
        return self.reply


async def guard_of(desk: Desk) -> RunGuard:
    guard = RunGuard()
    guard.generation = desk.generation
    return guard


async def test_before_any_generation_is_known_every_server_will_do() -> None:
    server = Server(b"run_id:run-9\r\n")
    await RunGuard().check(server.ask)
    await (await guard_of(Desk())).check(server.ask)

    assert server.asked == []


async def test_the_same_run_is_let_through_and_another_is_not() -> None:
    desk = Desk()
    await desk.admitted()
    guard = await guard_of(desk)
    await guard.check(Server(b"redis_version:7\r\nrun_id:run-1\r\n").ask)
    assert desk.generation.run_id == "run-1"

    with pytest.raises(RedisUnavailable):
        await guard.check(Server(b"run_id:run-2\r\n").ask)
    assert desk.generation.run_id is None


@pytest.mark.parametrize("reply", [None, 1, [], "run_id:run-1"])
async def test_a_server_that_does_not_say_is_not_let_through(reply: object) -> None:
    desk = Desk()
    await desk.admitted()

    with pytest.raises(RedisUnavailable):
        await (await guard_of(desk)).check(Server(reply).ask)


def test_a_server_without_a_run_id_is_no_store() -> None:
    with pytest.raises(AccessStoreDown):
        run_id_of(b"redis_version:7\r\n")


class Line(asyncio.Transport):
    """A client's connection: keeps what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answer_ok(_scope: object, _receive: object, send: Send) -> None:
    """Answer 200 and nothing else."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})


def connected() -> tuple[GuardedHttpProtocol, Line]:
    config = uvicorn.Config(
        answer_ok, lifespan="off", interface="asgi3", log_config=None, access_log=False
    )
    protocol = GuardedHttpProtocol(config=config, server_state=ServerState(), app_state={})
    line = Line()
    protocol.connection_made(line)
    return protocol, line


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_requests_one_after_the_other_are_answered() -> None:
    protocol, line = connected()
    for number in range(1, 4):
        protocol.data_received(
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Pad: " + b"x" * 30_000 + b"\r\n\r\n"
        )
        await settle()
        assert line.written.count(b"HTTP/1.1 200") == number
    assert not line.is_closed
    protocol.connection_lost(None)


async def test_a_head_that_goes_on_is_cut_off_with_431() -> None:
    protocol, line = connected()
    protocol.data_received(b"GET / HTTP/1.1\r\nX-Endless: ")
    for _ in range(HEAD_BYTES_MAX // 1024 + 1):
        if not line.is_closed:
            protocol.data_received(b"x" * 1024)

    assert line.is_closed
    assert line.written.startswith(b"HTTP/1.1 431 ")
    protocol.connection_lost(None)


@pytest.mark.parametrize("octets", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_does_not_come_in_time_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS_MAX", 0.01)
    protocol, line = connected()
    if octets:
        protocol.data_received(octets)
    await asyncio.sleep(0.05)

    assert line.is_closed
    protocol.connection_lost(None)


async def test_the_second_heads_time_and_bytes_are_counted_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS_MAX", 0.02)
    protocol, line = connected()
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(0.05)
    assert not line.is_closed  # Idle between requests is the keep-alive's business.

    protocol.data_received(b"GET / HTTP/1.1\r\nHo")
    await asyncio.sleep(0.05)
    assert line.is_closed
    protocol.connection_lost(None)


@pytest.mark.parametrize("octets", [b"\r\n", b"x" * 100])
async def test_what_is_no_request_does_not_hold_an_answered_connection(
    monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS_MAX", 0.02)
    protocol, line = connected()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    protocol.data_received(head if octets[:1] == b"x" else b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await settle()
    assert line.written.count(b"HTTP/1.1 200") == 1
    protocol.data_received(octets)
    await asyncio.sleep(0.05)

    assert line.is_closed
    protocol.connection_lost(None)


@pytest.mark.parametrize("target", [b"http://h/p", b"*", b"h:443", b"ftp:x"])
async def test_a_target_that_is_no_path_becomes_one_that_no_route_has(target: bytes) -> None:
    protocol, _ = connected()
    protocol.on_message_begin()
    protocol.on_url(target[:1])
    protocol.on_url(target[1:])

    assert protocol.url == b"/" + target
    protocol.connection_lost(None)
