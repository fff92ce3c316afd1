"""What one `GET /session` costs the whole service: real stores, real proofs, log and metrics on.

Several copies of `src` run side by side on the same stores: the ratio says what a change is worth.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from redis import Redis
from tools.stack_measurements.desktops import (
    AUDIENCE,
    PROPERTY,
    ROLE,
    TENANT,
    Desktop,
    Issuer,
    base64url,
    running_issuer,
)
from tools.stack_measurements.http_load import send_all
from tools.stack_measurements.rounds import (
    Candidate,
    Measurement,
    compare,
    cpu_seconds_of,
    take_turns,
)

from sandbox.postgres_server import OWNER
from sandbox.stores import Stores

PROJECT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = PROJECT / "src"
DESKTOPS: Final = 32
CONNECTIONS: Final = 32
REQUESTS_PER_ROUND: Final = 1000
PATH: Final = "/bff/backoffice/v1/session"
START_SECONDS_MAX: Final = 20.0
STOP_SECONDS_MAX: Final = 15.0
UPSTREAMS: Final = (
    "TENANT", "PROPERTY", "RESERVATION", "INVENTORY", "PRICING", "HOUSEKEEPING", "MAINTENANCE",
    "BILLING", "LOCK_INTEGRATION", "AI_ORCHESTRATOR", "NOTIFICATION", "SYNC", "STAFF",
    "ANALYTICS", "PAYMENT",
)  # fmt: skip
_SWALLOW: Final = "import os\nwhile os.read(0, 65536): pass"
_BFF: Final = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"
API: Final = ("-P", "-c", _BFF, "api")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningApi:
    """One process of the API, from one copy of the source."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        """Return what a client calls it by."""
        return f"127.0.0.1:{self.port}"


async def measure(
    apis: Sequence[RunningApi], desktops: Sequence[Desktop], *, rounds: int
) -> Measurement:
    """Send the same load to each copy, round by round. Any answer but 200 is an error."""

    def candidate(api: RunningApi) -> Candidate:
        async def work() -> float:
            url = f"http://{api.host}{PATH}"
            requests = [
                desktops[number % len(desktops)].get(url, api.host)
                for number in range(REQUESTS_PER_ROUND)
            ]
            before = cpu_seconds_of(api.process.pid)
            seen = await send_all(api.port, requests, connections=CONNECTIONS)
            if set(seen) != {200}:
                raise RuntimeError(f"{api.name}: answers {dict(seen)}")
            return cpu_seconds_of(api.process.pid) - before

        return Candidate(name=api.name, work=work)

    taken = await take_turns(
        [candidate(api) for api in apis], rounds=rounds, operations=REQUESTS_PER_ROUND
    )
    return compare(
        "session_request",
        "GET /session, everything on",
        taken,
        chosen=apis[-1].name,
        operations=REQUESTS_PER_ROUND,
        notes=[f"{CONNECTIONS} connections, {len(desktops)} devices, one process of the API"],
    )


@contextmanager
def running_apis(
    stores: Stores, issuer: Issuer, sources: Mapping[str, Path], program: Sequence[str] = API
) -> Generator[list[RunningApi]]:
    """Start one API per copy of the source, by the program given."""
    with ExitStack() as stack:
        ports = _free_ports(2 * len(sources))
        environment = _environment(stores, issuer, ports[: len(sources)])
        apis: list[RunningApi] = []
        for place, (name, source) in enumerate(sources.items()):
            port, metrics_port = ports[place], ports[len(sources) + place]
            log_reader = stack.enter_context(_log_reader())
            process = subprocess.Popen(
                [sys.executable, *program],
                env=environment
                | {
                    "PYTHONPATH": f"{source}:{PROJECT}",
                    "BFF_HTTP_PORT": str(port),
                    "BFF_METRICS_PORT": str(metrics_port),
                    "BFF_PRODUCER_INSTANCE": name,
                },
                stdout=log_reader,
            )
            stack.callback(_stop, process)
            apis.append(RunningApi(name=name, port=port, process=process))
        for api in apis:
            _wait_for(api)
        yield apis


def migrate(stores: Stores) -> None:
    """Bring the stores' database to where the service wants it."""
    subprocess.run(
        [sys.executable, "-P", "-c", _BFF, "migrate"],
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "BFF_ENVIRONMENT": "sandbox",
            "BFF_POSTGRES_OWNER_URL": stores.postgres.url(OWNER),
        },
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=START_SECONDS_MAX,
    )


def remember_scopes(stores: Stores, desktops: Sequence[Desktop]) -> None:
    """Put into the session tier what tenant-service says of each operator: the steady state."""
    scope = msgspec.json.encode({"roles": [ROLE], "property_ids": [PROPERTY]})
    with Redis.from_url(stores.session_tier.url) as redis:
        for desktop in desktops:
            redis.set(f"scope:{TENANT}:{desktop.operator_id}", scope, ex=3600)


def measure_session_request(
    stores: Stores,
    sources: Mapping[str, Path],
    *,
    rounds: int,
    program: Sequence[str] = API,
) -> Measurement:
    """Do all of it on running stores."""
    with running_issuer() as issuer, running_apis(stores, issuer, sources, program) as apis:
        desktops = [issuer.desktop(number) for number in range(DESKTOPS)]
        remember_scopes(stores, desktops)
        return asyncio.run(measure(apis, desktops, rounds=rounds))


@contextmanager
def _log_reader() -> Generator[int]:
    """Read a process's log as a collector does: through a pipe, in a process of its own."""
    reader = subprocess.Popen(
        [sys.executable, "-c", _SWALLOW], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    pipe = reader.stdin
    if pipe is None:
        raise RuntimeError("no pipe to the log's reader")
    try:
        yield pipe.fileno()
    finally:
        pipe.close()
        _stop(reader)


def _environment(stores: Stores, issuer: Issuer, ports: Sequence[int]) -> dict[str, str]:
    def key() -> str:
        return base64url(os.urandom(32))

    origins = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BFF_")},
        "BFF_ENVIRONMENT": "sandbox",
        "BFF_HTTP_HOST": "127.0.0.1",
        "BFF_PUBLIC_ORIGINS": origins,
        "BFF_CORS_ORIGINS": "http://127.0.0.1:8184",
        "BFF_ISSUER": issuer.origin,
        "BFF_AUDIENCE": AUDIENCE,
        "BFF_NONCE_KEY": key(),
        "BFF_STORED_ANSWER_KEY": key(),
        "BFF_CURSOR_KEY": key(),
        "BFF_SERVICE_IDENTITY_TOKEN": key(),
        "BFF_POSTGRES_API_URL": stores.postgres.url("bff_api"),
        "BFF_REDIS_SESSION_URL": stores.session_tier.url,
        "BFF_REDIS_CACHE_URL": stores.cache_tier.url,
        "BFF_UPSTREAM_IAM_URL": issuer.origin,
        **{f"BFF_UPSTREAM_{name}_URL": "http://127.0.0.1:1" for name in UPSTREAMS},
    }


def _wait_for(api: RunningApi) -> None:
    last_moment = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < last_moment and api.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", api.port), timeout=1.0).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{api.name}: did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [each.getsockname()[1] for each in sockets]
