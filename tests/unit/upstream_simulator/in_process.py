"""The simulator inside the test's own process, with a clock the test moves."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.integration.simulator.proof_key import ProofKey

from upstream_simulator.settings import Settings
from upstream_simulator.simulator import Simulator, build_simulator

IAM_ORIGIN: Final = "http://iam.test"
REFRESH_URL: Final = "http://bff.test/refresh"
ADMIN_PORT: Final = 8099
IDENTITY: Final = "service-identity"
MORNING: Final = datetime(2026, 3, 14, 6, 0, tzinfo=UTC)

Json = dict[str, Any]  # allow-any: answers of many upstreams


class MovableClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.moment = MORNING

    def now(self) -> datetime:
        return self.moment

    def move(self, **units: float) -> None:
        self.moment += timedelta(**units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        found: Json = json.JSONDecoder().decode(self.body.decode())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcess:
    """A built simulator and ways to ask it."""

    simulator: Simulator
    clock: MovableClock
    directory: list[Json]

    def iam(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        return ask(self.simulator.iam, method, path, body, headers)

    def upstream(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        identity = {"authorization": f"Bearer {IDENTITY}"}
        return ask(self.simulator.upstreams, method, path, body, {**identity, **headers})

    def proof(self, key: ProofKey, url: str, **claims: object) -> str:
        issued_at = int(self.clock.moment.timestamp())
        return key.proof("POST", url, **{"iat": issued_at, **claims})

    def login(self, key: ProofKey, *, password: str | None = None, **claims: object) -> Reply:
        operator = self.directory[0]["operators"][0]
        body = {
            "username": operator["username"],
            "password": password or operator["password"],
        }
        path = "/api/v1/auth/login"
        return self.iam("POST", path, body, dpop=self.proof(key, IAM_ORIGIN + path, **claims))

    def refresh(self, key: ProofKey, token: str, *, idempotency_key: str | None = None) -> Reply:
        headers = {"authorization": f"Bearer {IDENTITY}", "dpop": self.proof(key, REFRESH_URL)}
        if idempotency_key is not None:
            headers["idempotency_key"] = idempotency_key
        return self.iam("POST", "/api/v1/auth/refresh", {"refreshToken": token}, **headers)


def in_process(directory: Path, *, on_commit: Callable[[], None] = lambda: None) -> InProcess:
    """Build a simulator in this directory."""
    clock = MovableClock()
    settings = Settings(
        state_directory=directory,
        iam_port=8090,
        upstreams_port=8091,
        admin_port=ADMIN_PORT,
        iam_origin=IAM_ORIGIN,
        audience="bff-backoffice",
        cors_origins=(),
        bff_refresh_urls=(REFRESH_URL,),
        service_identity_token=IDENTITY,
        broker_url=None,
    )
    seeded = Random(1)  # noqa: S311 - the same chance in every run
    simulator = build_simulator(settings, clock=clock, random=seeded, on_commit=on_commit)
    entries: list[Json] = json.JSONDecoder().decode(
        (directory / "directory.json").read_text("utf-8")
    )
    return InProcess(simulator=simulator, clock=clock, directory=entries)


def ask(
    application: ASGIApp, method: str, target: str, body: object, headers: dict[str, str]
) -> Reply:
    """Ask an ASGI application one thing; `_` in header names stands for `-`."""
    path, _, query = target.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content:
        named.setdefault("content-type", "application/json")
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "state": {},
    }
    asyncio.run(_call(application, scope, receive, send))
    return Reply(
        status=sent[0]["status"],
        headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )


async def _call(application: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await application(scope, receive, send)
