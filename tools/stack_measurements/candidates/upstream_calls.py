"""Calls to upstreams: ten GETs of 2 KB at once, over kept connections."""

import asyncio
import os
from contextlib import AsyncExitStack

import aiohttp
import httpx
from prometheus_client import CollectorRegistry
from pyreqwest.client import ClientBuilder
from tools.stack_measurements.candidates.turns import concurrently, report
from tools.stack_measurements.desktops import PROPERTY, TENANT
from tools.stack_measurements.rounds import Measurement, compare, take_turns

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamRequest
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport
from bff_backoffice.telemetry.upstream_telemetry import UpstreamTelemetry

CALLS = 10
FAN_OUTS = 40
ROUNDS = 7
BODY_BYTES = 2048
CHOSEN = "pyreqwest, read whole"
PATH = "/api/v1/reservations/arrivals"


def whole(body: bytes) -> None:
    if len(body) != BODY_BYTES:
        raise RuntimeError(f"{len(body)} bytes")


async def measure() -> list[Measurement]:
    origin = os.environ["MEASURED_UPSTREAM_ORIGIN"]
    url = origin + PATH
    headers = {"Accept": "application/json", "Authorization": "Bearer measured"}
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        pyreqwest = await stack.enter_async_context(ClientBuilder().http1_only().no_proxy().build())
        transport = HttpTransport()
        upstreams = UpstreamHttpClient(
            origins=dict.fromkeys(UPSTREAM_NAMES, origin),
            policies=POLICIES,
            identity=MountedServiceIdentity(SecretText("measured")),
            transport=transport,
            observer=UpstreamTelemetry(CollectorRegistry()),
            clock=clock,
            random=lambda: 0.5,
        )
        stack.push_async_callback(upstreams.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))

        async def by_pyreqwest() -> None:
            response = await pyreqwest.get(url).headers(headers).build().send()
            whole(await response.bytes())

        async def by_ours() -> None:
            scope = CallScope(
                tenant_id=TENANT, property_id=PROPERTY, deadline=Deadline.after(5.0, clock)
            )
            request = UpstreamRequest(
                upstream="reservation", operation="read", method="GET", path=PATH, scope=scope
            )
            whole((await upstreams.send(request)).body)

        async def by_aiohttp() -> None:
            async with session.get(url, headers=headers) as response:
                whole(await response.read())

        async def by_httpx() -> None:
            whole((await client.get(url, headers=headers)).content)

        def fan_out(call):  # noqa: ANN001, ANN202 - any of the four above
            return lambda: asyncio.gather(*(call() for _ in range(CALLS)))

        operations = {
            CHOSEN: by_pyreqwest,
            "UpstreamHttpClient: pyreqwest with deadline, breaker, bounds, metrics": by_ours,
            "aiohttp": by_aiohttp,
            "httpx": by_httpx,
        }
        taken = await take_turns(
            [
                concurrently(name, fan_out(call), times=FAN_OUTS, at_once=1)
                for name, call in operations.items()
            ],
            rounds=ROUNDS,
            operations=FAN_OUTS * CALLS,
        )
    return [
        compare(
            "upstream_calls",
            f"one of {CALLS} GETs of {BODY_BYTES} bytes at once",
            taken,
            chosen=CHOSEN,
            operations=FAN_OUTS * CALLS,
            notes=["CPU of the client's process, all its threads."],
        )
    ]


if __name__ == "__main__":
    report(measure)
