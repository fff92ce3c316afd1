"""The web application: every request goes through `answer`, step by step, top to bottom."""

import asyncio
from dataclasses import dataclass, replace
from typing import ClassVar

from bff_backoffice.application.access.authenticate import Authenticate
from bff_backoffice.application.access.request_path import PathRefused, normalise_request_path
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.presentation.asgi import (
    ClientGone,
    Message,
    Receive,
    Send,
    caller_traceparent,
    read_request,
    refuse_oversized_headers,
    send_answer,
)
from bff_backoffice.presentation.http import AnyAnswer, Request
from bff_backoffice.presentation.middleware.authentication import authenticate_request
from bff_backoffice.presentation.middleware.authorization import authorize_request
from bff_backoffice.presentation.middleware.body import read_json_body, refuse_declared_oversize
from bff_backoffice.presentation.middleware.cors import CrossOriginRules
from bff_backoffice.presentation.middleware.idempotency_key import require_idempotency_key
from bff_backoffice.presentation.problems import INTERNAL_ERROR, Challenge, answer_problem
from bff_backoffice.presentation.routing import Credential, Route, RouteNotFound, Router
from bff_backoffice.telemetry.request_telemetry import RequestTelemetry, RequestUnderWay


class InternalError(ServiceError):
    """A mistake of ours. The client learns the request id and nothing else."""

    code: ClassVar[str] = INTERNAL_ERROR


class DeadlinePassed(ServiceError):  # noqa: N818 - reads as the fact it states
    """The route's own deadline passed before it had an answer."""

    code: ClassVar[str] = "request.deadline_passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An ASGI application for `http` scopes."""

    router: Router
    authenticate: Authenticate
    cross_origin: CrossOriginRules
    challenge: Challenge
    telemetry: RequestTelemetry
    clock: Clock

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong, the client gets the one error shape."""
        if scope["type"] != "http":
            return
        request = read_request(scope, self.clock)
        started_at = self.clock.monotonic_seconds()
        told = self.telemetry.began(caller_traceparent(request))
        if told.traceparent is not None:
            request.facts = replace(request.facts, traceparent=told.traceparent)
        try:
            refuse_oversized_headers(scope)
            answer = await self.answer(request, receive, told)
        except (ClientGone, asyncio.CancelledError) as error:
            told.client_gone(request.authenticated)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        except ServiceError as error:
            answer = answer_problem(error, request, self.challenge)
            told.refused(error, request.authenticated)
        except Exception as error:  # noqa: BLE001 - the last boundary: a mistake of ours is a 500
            told.failed(error, request.facts, request.authenticated)
            answer = answer_problem(InternalError(), request, self.challenge)
        headers = self.cross_origin.headers_for(request)
        headers.append(("x-request-id", request.facts.request_id))
        try:
            await send_answer(answer, headers, receive, send)
        except Exception as error:  # noqa: BLE001 - a stream broke after its head was sent
            told.failed(error, request.facts, request.authenticated)
        finally:
            told.answered(
                status=answer.status,
                seconds=self.clock.monotonic_seconds() - started_at,
                facts=request.facts,
                caller=request.authenticated,
            )

    async def answer(self, request: Request, receive: Receive, told: RequestUnderWay) -> AnyAnswer:
        """Return the answer, or raise the ServiceError that says why there is none."""
        preflight = self.cross_origin.preflight(request)
        if preflight is not None:
            return preflight
        route = self._find_route(request)
        told.routed(
            route.path,
            route.method,
            is_proof_due=route.credential is Credential.SESSION,
            lock_action=route.lock_action,
        )
        refuse_declared_oversize(request, route)
        if route.credential is Credential.SESSION:
            await authenticate_request(request, self.authenticate)
            authorize_request(request, route)
        if route.reads_body:
            await read_json_body(request, route, receive)
        if route.needs_idempotency_key:
            require_idempotency_key(request)
        try:
            async with asyncio.timeout(route.seconds_max):
                return await route.handler(request)
        except TimeoutError as error:
            raise DeadlinePassed from error

    def _find_route(self, request: Request) -> Route:
        try:
            request.path = normalise_request_path(request.path)
        except PathRefused as error:
            raise RouteNotFound from error
        route, request.path_parameters = self.router.find(request.method, request.path)
        request.route_template = route.path
        request.deadline = Deadline.after(route.seconds_max, self.clock)
        return route
