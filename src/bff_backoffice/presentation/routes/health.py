"""`/health/*`, open and at the root."""

from dataclasses import dataclass

import msgspec

from bff_backoffice.application.health.check import HealthCheck
from bff_backoffice.presentation.http import Answer, Request, json_answer
from bff_backoffice.presentation.routing import AnswerShape, Credential, Handler, Route

OK = 200
UNAVAILABLE = 503


class LiveBody(msgspec.Struct, frozen=True):
    """The answer of `/health/live`."""

    live: bool


class StartupBody(msgspec.Struct, frozen=True):
    """The answer of `/health/startup`."""

    started: bool


class ReadyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `/health/ready`."""

    ready: bool
    started: bool
    draining: bool
    keys_loaded: bool
    dependencies: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRoutes:
    """Liveness touches nothing outside the process."""

    health: HealthCheck

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            self._row("/health/live", self.get_live, LiveBody),
            self._row("/health/ready", self.get_ready, ReadyBody),
            self._row("/health/startup", self.get_startup, StartupBody),
        ]

    async def get_live(self, request: Request) -> Answer:
        """Say that the process can answer."""
        del request
        return json_answer(LiveBody(live=True))

    async def get_ready(self, request: Request) -> Answer:
        """Say whether to send requests here; the dependencies are told beside it."""
        del request
        state = await self.health.readiness()
        body = ReadyBody(
            ready=state.is_ready,
            started=state.is_started,
            draining=state.is_draining,
            keys_loaded=state.are_keys_loaded,
            dependencies={
                name: "up" if is_up else "down" for name, is_up in state.dependencies.items()
            },
        )
        return json_answer(body, status=OK if state.is_ready else UNAVAILABLE)

    async def get_startup(self, request: Request) -> Answer:
        """Say whether the start is over."""
        del request
        is_started = self.health.is_started
        return json_answer(
            StartupBody(started=is_started), status=OK if is_started else UNAVAILABLE
        )

    def _row(self, path: str, handler: Handler, body: type) -> Route:
        return Route(
            method="GET",
            path=path,
            handler=handler,
            credential=Credential.NONE,
            seconds_max=2.0,
            at_root=True,
            answers=(AnswerShape(body=body), AnswerShape(status=UNAVAILABLE, body=body)),
        )
