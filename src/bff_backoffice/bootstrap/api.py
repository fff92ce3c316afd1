"""Services → web application → listening, with start and stop."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

import uvicorn
from prometheus_client import CollectorRegistry, start_http_server

from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.bootstrap.access import proof_policy, token_policy
from bff_backoffice.bootstrap.api_workers import LISTEN_BACKLOG, run_api_workers
from bff_backoffice.bootstrap.http_protocol import GuardedHttpProtocol
from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.bootstrap.services import ApiSettings, Services, build_services
from bff_backoffice.bootstrap.settings import (
    AccessSettings,
    ApiStoreSettings,
    HttpSettings,
    ServiceSettings,
    TraceSettings,
    UpstreamSettings,
    load,
    refuse_unknown,
    refuse_unsafe,
)
from bff_backoffice.bootstrap.traces import refuse_unsafe_traces
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.presentation.app import Application
from bff_backoffice.presentation.middleware.cors import CrossOriginRules
from bff_backoffice.presentation.problems import Challenge
from bff_backoffice.presentation.routes.activities import ActivityRoutes
from bff_backoffice.presentation.routes.dashboard import DashboardRoutes
from bff_backoffice.presentation.routes.health import HealthRoutes
from bff_backoffice.presentation.routes.locks import LockRoutes
from bff_backoffice.presentation.routes.metadata import METADATA_PATH, MetadataRoutes
from bff_backoffice.presentation.routes.mutations import MutationRoutes
from bff_backoffice.presentation.routes.sessions import SessionRoutes
from bff_backoffice.presentation.routes.workbench import WorkbenchRoutes
from bff_backoffice.presentation.routing import BASE_PATH, Route, Router
from bff_backoffice.telemetry.library_log import take_over_library_logs
from bff_backoffice.telemetry.log_events import LogEvents

DRAIN_SECONDS_MAX: Final = 8
KEEP_ALIVE_SECONDS: Final = 75


def read_api_settings(environment: Mapping[str, str]) -> ApiSettings:
    """Read and judge the settings. Raises SettingsRefused."""
    refuse_unknown(environment)
    settings = ApiSettings(
        service=load(ServiceSettings, environment),
        http=load(HttpSettings, environment),
        access=load(AccessSettings, environment),
        upstreams=load(UpstreamSettings, environment),
        stores=load(ApiStoreSettings, environment),
        traces=load(TraceSettings, environment),
    )
    if not settings.http.public_origins:
        raise SettingsRefused("BFF_PUBLIC_ORIGINS is empty")
    refuse_unsafe(settings.service, settings.http, settings.access, settings.upstreams)
    refuse_unsafe_traces(settings.service, settings.traces)
    try:
        proof_policy(settings.access, settings.http)
        token_policy(settings.access)
    except ValueError as error:
        raise SettingsRefused(str(error)) from error
    return settings


def all_routes(services: Services, settings: ApiSettings) -> list[Route]:
    """Return every route of the API, family by family."""
    return [
        *HealthRoutes(health=services.health).rows(),
        *MetadataRoutes(
            origin=settings.http.public_origins[0],
            issuer=settings.access.issuer,
            proof_algorithms=settings.access.proof_algorithms,
        ).rows(),
        *SessionRoutes(
            refresh_session=services.access.refresh_session,
            sign_out=services.access.sign_out,
            name_properties=services.views.name_properties,
            clock=services.clock,
        ).rows(),
        *DashboardRoutes(compose_dashboard=services.views.compose_dashboard).rows(),
        *WorkbenchRoutes(read_arrivals=services.views.read_arrivals).rows(),
        *MutationRoutes(check_guest_in=services.mutations.check_guest_in).rows(),
        *LockRoutes(
            read_locks=services.views.read_locks,
            issue_guest_key=services.mutations.issue_guest_key,
            read_lock_audit=services.read_lock_audit,
        ).rows(),
        *ActivityRoutes(read_activity=services.mutations.read_activity).rows(),
    ]


def build_application(services: Services, settings: ApiSettings) -> Application:
    """Put routes and steps together."""
    origin = settings.http.public_origins[0]
    return Application(
        router=Router(all_routes(services, settings)),
        authenticate=services.access.authenticate,
        cross_origin=CrossOriginRules(frozenset(settings.http.cors_origins)),
        challenge=Challenge(
            algorithms=settings.access.proof_algorithms,
            resource_metadata_url=origin + METADATA_PATH + BASE_PATH,
        ),
        telemetry=services.telemetry,
        clock=services.clock,
    )


async def serve_api(settings: ApiSettings, listening: socket.socket | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let requests in flight finish.

    With a socket given, this is one of several workers: their parent serves the metrics.
    """
    clock = SystemClock()
    log = LogEvents(clock)
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(build_services(settings, clock, registry, log))
        server = _Server(
            _server_config(build_application(services, settings), settings),
            services,
            drain_notice_seconds=settings.http.drain_notice_seconds,
        )
        if listening is None:
            metrics_server, _ = start_http_server(
                settings.http.metrics_port, addr=settings.http.http_host, registry=registry
            )
            stack.callback(metrics_server.shutdown)
        await _warm_up(services)
        await stack.enter_async_context(services.stores.running())
        log.process(
            "api.started",
            address=f"{settings.http.http_host}:{settings.http.http_port}",
            part=settings.service.producer_instance,
        )
        await server.serve(sockets=[listening] if listening else None)
    log.process("api.stopped", part=settings.service.producer_instance)


def _server_config(application: Application, settings: ApiSettings) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=settings.http.http_host,
        port=settings.http.http_port,
        lifespan="off",
        interface="asgi3",
        http=GuardedHttpProtocol,
        ws="none",
        loop="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=LISTEN_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS_MAX,
    )


async def _warm_up(services: Services) -> None:
    """Load the keys and find the store's generation before the first request asks for them."""
    await services.access.signing_keys.load()
    try:
        await services.access.generation.number()
    except AccessStoreUnavailable as error:
        services.log.trouble("api.session_tier_unavailable", error)
    if not services.access.signing_keys.are_loaded:
        services.log.trouble("api.signing_keys_missing")
    services.health.is_started = True
    services.telemetry.metrics.ready.set(1)


class _Server(uvicorn.Server):
    """Tells readiness before it stops taking requests."""

    def __init__(
        self, config: uvicorn.Config, services: Services, *, drain_notice_seconds: int
    ) -> None:
        super().__init__(config)
        self._services = services
        self._drain_notice_seconds = drain_notice_seconds

    async def main_loop(self) -> None:
        """Serve; once told to stop, go on until every balancer can have noticed."""
        await super().main_loop()
        await asyncio.sleep(self._drain_notice_seconds)

    def handle_exit(self, sig: int, frame: object) -> None:
        """Stop being ready, then drain."""
        self._services.health.is_draining = True
        self._services.telemetry.metrics.ready.set(0)
        super().handle_exit(sig, None)
        del frame


def run_api(listen_descriptor: int | None = None) -> None:
    """Read the settings and serve; the process's main. Raises SettingsRefused."""
    settings = read_api_settings(os.environ)
    clock = SystemClock()
    take_over_library_logs(LogEvents(clock), clock)
    if listen_descriptor is None and settings.http.http_workers > 1:
        run_api_workers(settings.http, LogEvents(clock))
        return
    # The server raises the signal once more when it has drained, and would end the process
    # before the services are taken down; that second one is for nobody.
    for stopping in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stopping, _already_stopping)
    listening = None if listen_descriptor is None else socket.socket(fileno=listen_descriptor)
    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        runner.run(serve_api(settings, listening))


def _already_stopping(_signal: int, _frame: object) -> None:
    """Take a signal that the server has acted on already."""


def _new_event_loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 - only the running API needs it, not those who read its routes

    return uvloop.new_event_loop()
