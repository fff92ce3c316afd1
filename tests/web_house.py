"""A web application with a few routes of its own, around real access on fakes."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from tests.access_desk import Desk
from tests.asgi_call import AsgiCall
from tests.tokens import DEVICE, ORIGIN

from bff_backoffice.presentation.app import Application
from bff_backoffice.presentation.http import AnyAnswer, Request, StreamedAnswer, json_answer
from bff_backoffice.presentation.middleware.cors import CrossOriginRules
from bff_backoffice.presentation.problems import Challenge
from bff_backoffice.presentation.routing import Credential, PropertyScope, Route, Router
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.request_telemetry import RequestTelemetry

DESKTOP = "http://127.0.0.1:8084"
BASE = "/bff/backoffice/v1"


class EchoBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    room_id: str
    count: int = 0


class Source:
    """A stream that remembers how it ended."""

    def __init__(self, chunks: int | None = None, *, breaks: bool = False) -> None:
        self.chunks = chunks
        self.breaks = breaks
        self.sent = 0
        self.is_closed = False
        self.sending = asyncio.Event()

    async def has_sent(self, chunks: int) -> None:
        while self.sent < chunks:
            self.sending.clear()
            await self.sending.wait()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while self.chunks is None or self.sent < self.chunks:
                self.sent += 1
                self.sending.set()
                yield b"line\n"
                await asyncio.sleep(0)
            if self.breaks:
                raise RuntimeError("secret words")
        finally:
            self.is_closed = True


@dataclass
class House:
    """An application with a few routes of its own around real access on fakes."""

    def __post_init__(self) -> None:
        self.desk = Desk()
        self.log = io.StringIO()
        self.registry = CollectorRegistry()
        self.source = Source(3)
        self.seen: list[Request] = []
        self.raises: Exception | None = None
        self.application = Application(
            router=Router(self.routes()),
            authenticate=self.desk.authenticate,
            cross_origin=CrossOriginRules(frozenset({DESKTOP})),
            challenge=Challenge(algorithms=("ES256",), resource_metadata_url=ORIGIN + "/meta"),
            telemetry=RequestTelemetry(
                metrics=ApiMetrics(self.registry), log=LogEvents(self.desk.clock, self.log)
            ),
            clock=self.desk.clock,
        )

    def routes(self) -> list[Route]:
        open_ = Credential.NONE
        return [
            Route(method="GET", path="/open", handler=self.answer, credential=open_),
            Route(
                method="GET", path="/slow", handler=self.hang, credential=open_, seconds_max=0.05
            ),
            Route(method="GET", path="/stream", handler=self.stream, credential=open_),
            Route(
                method="POST",
                path="/echo",
                handler=self.echo,
                credential=open_,
                reads_body=True,
                body_bytes_max=100,
            ),
            Route(method="GET", path="/session", handler=self.answer),
            Route(method="GET", path="/owner", handler=self.answer, roles=frozenset({"owner"})),
            Route(
                method="POST",
                path="/property",
                handler=self.answer,
                property_scope=PropertyScope.REQUIRED,
                needs_idempotency_key=True,
            ),
        ]

    async def answer(self, request: Request) -> AnyAnswer:
        self.seen.append(request)
        if self.raises is not None:
            raise self.raises
        return json_answer({"ok": True})

    async def hang(self, request: Request) -> AnyAnswer:
        await asyncio.sleep(30)
        return await self.answer(request)

    async def stream(self, request: Request) -> AnyAnswer:
        return StreamedAnswer(chunks=aiter(self.source))

    async def echo(self, request: Request) -> AnyAnswer:
        return json_answer(request.json_object(EchoBody))

    def credentials(self, method: str, path: str) -> list[tuple[str, str]]:
        proof = self.desk.proof(claims={"htm": method, "htu": ORIGIN + path})
        return [
            ("Authorization", f"DPoP {self.desk.token}"),
            ("DPoP", proof),
            ("X-Device-Id", DEVICE),
        ]

    async def call(self, call: AsgiCall) -> AsgiCall:
        return await call.run(self.application)

    async def called(self, path: str, *more: tuple[str, str], method: str = "GET") -> AsgiCall:
        headers = [*self.credentials(method, BASE + path), *more]
        return await self.call(AsgiCall(method, BASE + path, headers=headers))

    def metrics(self) -> str:
        return generate_latest(self.registry).decode()
