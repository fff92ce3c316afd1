"""HTTP servers and frameworks: CPU of the server's processes for one JSON answer."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

from tools.stack_measurements.candidates.turns import report
from tools.stack_measurements.http_load import send_all
from tools.stack_measurements.rounds import (
    Candidate,
    Measurement,
    compare,
    cpu_seconds_of,
    take_turns,
)

APPS = "tools.stack_measurements.candidates.http_server_apps"
CHOSEN = "uvicorn, raw ASGI, one send per answer"
REQUESTS = 2000
CONNECTIONS = 32
ROUNDS = 9
START_SECONDS_MAX = 20.0
REQUEST = (
    b"GET /bff/backoffice/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    b"Authorization: DPoP " + b"t" * 900 + b"\r\nDPoP: " + b"p" * 500 + b"\r\n"
    b"X-Device-Id: dev_01HZX8QJ5T9W2V4Y6B8D0F2H00\r\nX-App-Version: 1.4.2\r\n\r\n"
)
GUARDED = """
import sys, uvicorn
from bff_backoffice.bootstrap.http_protocol import GuardedHttpProtocol
from tools.stack_measurements.candidates.http_server_apps import raw
uvicorn.run(raw, port=int(sys.argv[1]), http=GuardedHttpProtocol, loop="uvloop",
            lifespan="off", ws="none", access_log=False, log_level="error",
            server_header=False, proxy_headers=False)
"""


def uvicorn(app: str) -> list[str]:
    return [
        "-m", "uvicorn", f"{APPS}:{app}", "--host", "127.0.0.1", "--port", "{port}",
        "--http", "httptools", "--loop", "uvloop", "--ws", "none", "--no-access-log",
        "--log-level", "error", "--no-server-header", "--no-proxy-headers", "--lifespan", "auto",
    ]  # fmt: skip


def granian(interface: str, app: str) -> list[str]:
    return [
        "-m", "granian", f"{APPS}:{app}", "--interface", interface, "--host", "127.0.0.1",
        "--port", "{port}", "--workers", "1", "--runtime-threads", "1", "--loop", "uvloop",
        "--http", "1", "--no-ws", "--no-access-log", "--log-level", "error",
    ]  # fmt: skip


SERVERS = {
    CHOSEN: ["-c", GUARDED, "{port}"],
    "uvicorn, raw ASGI, as it comes": uvicorn("raw"),
    "uvicorn + Starlette": uvicorn("starlette_app"),
    "uvicorn + BlackSheep": uvicorn("blacksheep_app"),
    "uvicorn + Litestar": uvicorn("litestar_app"),
    "uvicorn + FastAPI": uvicorn("fastapi_app"),
    "Granian, RSGI": granian("rsgi", "rsgi"),
    "Granian, raw ASGI": granian("asginl", "raw"),
}


def start(command: list[str], stack: ExitStack) -> tuple[int, int]:
    """Return process and port of a server that answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            *(part.format(port=port) if part == "{port}" else part for part in command),
        ],
        env=os.environ,
    )
    stack.callback(stop, process)
    last_moment = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < last_moment and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process.pid, port
    raise RuntimeError(f"did not start: {command}")


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def measure() -> list[Measurement]:
    with ExitStack() as stack:
        running = {name: start(command, stack) for name, command in SERVERS.items()}
        await asyncio.sleep(0.5)

        def candidate(name: str) -> Candidate:
            process, port = running[name]

            async def work() -> float:
                before = cpu_seconds_of(process)
                seen = await send_all(port, [REQUEST] * REQUESTS, connections=CONNECTIONS)
                if set(seen) != {200}:
                    raise RuntimeError(f"{name}: answers {dict(seen)}")
                return cpu_seconds_of(process) - before

            return Candidate(name=name, work=work)

        taken = await take_turns(
            [candidate(name) for name in running], rounds=ROUNDS, operations=REQUESTS
        )
    return [
        compare(
            "http_server",
            "answer one small JSON route behind a header check",
            taken,
            chosen=CHOSEN,
            operations=REQUESTS,
            notes=[f"CPU of all the server's processes; {CONNECTIONS} kept connections."],
        )
    ]


if __name__ == "__main__":
    report(measure)
