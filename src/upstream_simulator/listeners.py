"""Three HTTP listeners in one process and one event loop, ended at once by SIGTERM."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Generator, Sequence
from typing import Final, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HOST: Final = "127.0.0.1"
BACKLOG: Final = 1024
KEEP_ALIVE_SECONDS: Final = 75


class CuttableProtocol(HttpToolsProtocol):
    """Shows the application its connection, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        """Put the transport beside the request's own state."""
        super().on_message_begin()
        self.scope["state"] = {"transport": self.transport}


class Listener(uvicorn.Server):
    """A server that leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def listener(application: ASGIApp) -> Listener:
    """Return a server for this application."""
    config = uvicorn.Config(
        cast("ASGI3Application", application),
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return Listener(config)


def bind(port: int) -> socket.socket:
    """Listen on this port of the loopback address at once; raise OSError if it is taken."""
    return socket.create_server((HOST, port), backlog=BACKLOG)


async def serve(
    listeners: Sequence[tuple[Listener, socket.socket]],
    *background: Coroutine[object, object, None],
) -> None:
    """Serve until SIGTERM or SIGINT, then drop every connection and return."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    tasks = [
        asyncio.create_task(work)
        for work in (*(each.serve(sockets=[bound]) for each, bound in listeners), *background)
    ]
    stop = asyncio.create_task(stopped.wait())
    done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, *tasks):
        task.cancel()
    await asyncio.gather(stop, *tasks, return_exceptions=True)
    for task in done - {stop}:
        task.result()
