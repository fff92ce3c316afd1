"""The API as its own process, with an iam of the test's own, and a device that calls it."""

import asyncio
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg
from tests.conftest import migrate
from tests.tokens import (
    AUDIENCE,
    DEVICE,
    PATH,
    Issuer,
    SigningKey,
    elliptic_key,
    encode,
    jws,
    proof_claims,
    proof_header,
)

from sandbox.postgres_server import OWNER, SUPERUSER, create_database
from sandbox.stores import Stores

SOURCES = Path(__file__).parents[1] / "src"
UPSTREAMS = (
    "IAM", "TENANT", "PROPERTY", "RESERVATION", "INVENTORY", "PRICING", "HOUSEKEEPING",
    "MAINTENANCE", "BILLING", "LOCK_INTEGRATION", "AI_ORCHESTRATOR", "NOTIFICATION", "SYNC",
    "STAFF", "ANALYTICS", "PAYMENT",
)  # fmt: skip
CLIENT_ORIGIN = "http://127.0.0.1:8084"
READY_SECONDS_MAX = 20
_JTI = itertools.count(1)


@contextmanager
def own_database(stores: Stores, name: str) -> Generator[str]:
    """Make a migrated database; yields the API's URL of it."""

    async def statement(*, make: bool) -> None:
        connection = await asyncpg.connect(stores.postgres.url(SUPERUSER, "postgres"))
        if make:
            await create_database(connection, name)
        else:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()

    with ThreadPoolExecutor(max_workers=1) as executor:  # Not the loop of any test.
        executor.submit(asyncio.run, statement(make=True)).result()
        migrate(stores.postgres.url(OWNER, name))
        try:
            yield stores.postgres.url("bff_api", name)
        finally:
            executor.submit(asyncio.run, statement(make=False)).result()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """Return the body's object."""
        value: dict[str, object] = json.JSONDecoder().decode(self.body.decode())
        return value

    @property
    def error(self) -> dict[str, object]:
        """Return the error object of a refusal."""
        error = self.json()["error"]
        assert isinstance(error, dict)
        return error  # pyright: ignore[reportUnknownVariableType] - JSON

    @property
    def code(self) -> str:
        """Return the last part of the wire code."""
        return str(self.error["code"]).rpartition(".")[2]


@dataclass(slots=True, kw_only=True)
class RunningApi:
    """One API process; `call` is a device that signs each request anew."""

    port: int
    metrics_port: int
    log: Path
    issuer: Issuer
    issuer_url: str
    process: subprocess.Popen[bytes]
    device_key: SigningKey = field(default_factory=elliptic_key)
    nonce: str | None = None

    @property
    def origin(self) -> str:
        """The public origin."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, **claims: object) -> str:
        """Return a token of this device that holds."""
        now = time.time()  # noqa: TID251 - the process reads the machine's clock
        members = {"iss": self.issuer_url, "aud": AUDIENCE, "jti": f"t{next(_JTI)}", **claims}
        return self.issuer.token(now, self.device_key.thumbprint, **members)

    def proof(self, method: str, path: str, token: str | None, **claims: object) -> str:
        """Sign a proof for a call."""
        now = time.time()  # noqa: TID251 - as above
        members: dict[str, object] = {
            "htm": method,
            "htu": self.origin + path,
            "jti": f"p{next(_JTI)}",
        }
        if self.nonce is not None:
            members["nonce"] = self.nonce
        made = proof_claims(now, token, **{**members, **claims})
        return jws(proof_header(self.device_key), made, self.device_key.sign)

    def headers(
        self, method: str = "GET", path: str = PATH, token: str | None = None
    ) -> dict[str, str]:
        """Return the headers of a call that holds."""
        used = token or self.token()
        return {
            "Authorization": f"DPoP {used}",
            "DPoP": self.proof(method, path, used),
            "X-Device-Id": DEVICE,
        }

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Send one request as it is, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())
        finally:
            connection.close()

    def call(self, method: str = "GET", path: str = PATH, **more: str) -> Reply:
        """Call with a fresh token and proof."""
        return self.send(method, path, {**self.headers(method, path), **more})

    def raw(self, octets: bytes, *, seconds: float = 5.0) -> bytes:
        """Send bytes and return all that comes back until the server hangs up or is silent."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            try:
                connection.sendall(octets)
                while chunk := connection.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionError):
                pass
        return received

    def stop(self) -> int:
        """Ask the process to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def logged(self) -> str:
        """Return all it has said."""
        return self.log.read_text()


class _KeySetHandler(BaseHTTPRequestHandler):
    document = b""
    hangs = False

    def do_GET(self) -> None:
        """Serve the key set."""
        self.send_response(200)
        self.send_header("content-length", str(len(self.document)))
        self.end_headers()
        self.wfile.write(self.document)

    def do_POST(self) -> None:
        """Hang or refuse whatever is asked of iam."""
        self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.hangs:
            time.sleep(3)
        body = b'{"code": "MELMASTOON.IAM.INVALID_REFRESH_TOKEN"}'
        self.send_response(401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the server's own name
        """Say nothing."""


@contextmanager
def key_server(issuer: Issuer, *, port: int = 0) -> Generator[str]:
    """Serve an issuer's keys; yields its origin."""
    handler = type("Handler", (_KeySetHandler,), {"document": issuer.key_set()})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def api_environment(
    *, iam: str, upstreams: str, postgres: str, session_tier: str, cache_tier: str
) -> dict[str, str]:
    """Return the settings of one API on this machine, but for its ports."""
    key = encode(bytes(range(32)))
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        "BFF_ENVIRONMENT": "sandbox",
        "BFF_PRODUCER_INSTANCE": "test",
        "BFF_HTTP_HOST": "127.0.0.1",
        "BFF_CORS_ORIGINS": CLIENT_ORIGIN,
        "BFF_ISSUER": iam,
        "BFF_AUDIENCE": AUDIENCE,
        "BFF_NONCE_KEY": key,
        "BFF_STORED_ANSWER_KEY": key,
        "BFF_CURSOR_KEY": key,
        "BFF_SERVICE_IDENTITY_TOKEN": "service-identity",
        "BFF_POSTGRES_API_URL": postgres,
        "BFF_REDIS_SESSION_URL": session_tier,
        "BFF_REDIS_CACHE_URL": cache_tier,
        **{f"BFF_UPSTREAM_{name}_URL": iam if name == "IAM" else upstreams for name in UPSTREAMS},
    }


@contextmanager
def running_api(
    environment: Mapping[str, str], issuer: Issuer, log: Path, *, port: int | None = None
) -> Generator[RunningApi]:
    """Start `bff api` and wait until it answers; stop it at the end."""
    own_port, metrics_port = port or free_port(), free_port()
    origin = f"http://127.0.0.1:{own_port}"
    settings = {
        "BFF_PUBLIC_ORIGINS": origin,
        **environment,
        "BFF_HTTP_PORT": str(own_port),
        "BFF_METRICS_PORT": str(metrics_port),
    }
    program = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "api"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=settings, stdout=output, stderr=output)
    api = RunningApi(
        port=own_port,
        metrics_port=metrics_port,
        log=log,
        issuer=issuer,
        issuer_url=environment["BFF_ISSUER"],
        process=process,
    )
    try:
        _wait_until_it_answers(api)
        yield api
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(api: RunningApi) -> None:
    last_moment = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < last_moment:
        if api.process.poll() is not None:
            raise AssertionError(f"the API ended: {api.logged()}")
        try:
            if api.send("GET", "/health/live").status == 200:
                return
        except OSError:
            time.sleep(0.03)
    raise AssertionError(f"the API does not answer: {api.logged()}")
