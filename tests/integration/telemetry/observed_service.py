"""API, worker, simulated upstreams and a collector, with everything they emit in reach."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import redis
from tests.integration.simulator.simulator_process import Json, SimulatorProcess, new_simulator
from tests.integration.telemetry.canaries import Planting
from tests.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.running_api import (
    UPSTREAMS,
    Reply,
    RunningApi,
    api_environment,
    free_port,
    key_server,
    own_database,
    running_api,
)
from tests.tokens import Issuer

from sandbox.stores import Stores

BASE: Final = "/bff/backoffice/v1"
WAIT_SECONDS_MAX: Final = 20.0
STREAM_PREFIX: Final = "melmastoon.bff.backoffice.*"
_MAIN: Final = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"


@dataclass(kw_only=True)
class ObservedService:
    """One clerk's desktop speaks to the service; `emitted` is all that the service has said."""

    api: RunningApi
    simulator: SimulatorProcess
    receiver: OtlpReceiver
    worker_log: Path
    worker_metrics_port: int
    broker: "redis.Redis"
    planting: Planting
    replies: list[Reply] = field(default_factory=list[Reply])
    credentials: dict[str, str] = field(default_factory=dict[str, str])
    """Everything secret that was sent, by what it is."""

    @property
    def tenant(self) -> Json:
        """The first tenant of the directory."""
        return self.simulator.tenants()[0]

    @property
    def operator(self) -> Json:
        """A front-desk clerk of one property."""
        found: Json = next(
            each
            for each in self.tenant["operators"]
            if each["roles"] == ["front_desk"] and len(each["propertyIds"]) == 1
        )
        return found

    @property
    def property_id(self) -> str:
        """The clerk's property."""
        return str(self.operator["propertyIds"][0])

    def call(self, method: str, path: str, body: bytes | None = None, **more: str) -> Reply:
        """Call as the clerk; header names with `_` for `-`."""
        path_alone = path.partition("?")[0]
        token = self.api.token(
            tid=self.tenant["id"],
            sub=self.operator["id"],
            roles=self.operator["roles"],
            property_ids=self.operator["propertyIds"],
        )
        headers = {
            **self.api.headers(method, path_alone, token),
            "X-Property-Id": self.property_id,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        number = len(self.replies)
        self.credentials[f"token {number}"] = token
        self.credentials[f"proof {number}"] = headers["DPoP"]
        if "X-Idempotency-Key" in headers:
            self.credentials[f"key {number}"] = headers["X-Idempotency-Key"]
        reply = self.api.send(method, path, headers, body)
        self.replies.append(reply)
        return reply

    def events(self) -> bytes:
        """Return all that was published."""
        listed: Any = self.broker.keys(STREAM_PREFIX)  # allow-any: the client's own union
        found: list[bytes] = []
        for name in listed:
            entries: Any = self.broker.xrange(name)  # allow-any: as above
            found += [b"".join(fields.values()) for _, fields in entries]
        return b"\n".join(found)

    def metrics(self) -> dict[str, bytes]:
        """Return both metrics pages."""
        return {
            "API metrics": _read(self.api.metrics_port),
            "worker metrics": _read(self.worker_metrics_port),
        }

    def emitted(self) -> dict[str, bytes]:
        """Return everything but the answers that a client asked for."""
        return {
            "API log": self.api.log.read_bytes(),
            "worker log": self.worker_log.read_bytes(),
            **self.metrics(),
            "traces": b"\n".join(self.receiver.bodies),
            "trace requests": "\n".join(self.receiver.header_lines).encode(),
            "events": self.events(),
            "error bodies": b"\n".join(r.body for r in self.replies if r.status >= 400),
        }


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere."""
    last_moment = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < last_moment, "waited in vain"
        time.sleep(0.05)


@contextmanager
def observed_service(stores: Stores, directory: Path) -> Generator[ObservedService]:
    """Start all of it; nothing is left afterwards."""
    issuer = Issuer(key_id="sandbox-1")
    planting = Planting()
    with (
        _simulator(directory, planting) as simulator,
        otlp_receiver() as receiver,
        key_server(issuer) as iam,
        own_database(stores, f"telemetry_{os.getpid()}") as postgres,
        redis.Redis.from_url(stores.broker.url) as broker,
    ):
        broker.flushall()
        environment = {
            **api_environment(
                iam=iam,
                upstreams="http://127.0.0.1:1",
                postgres=postgres,
                session_tier=stores.session_tier.url,
                cache_tier=stores.cache_tier.url,
            ),
            **{
                f"BFF_UPSTREAM_{name}_URL": _upstream(simulator, name)
                for name in UPSTREAMS
                if name != "IAM"
            },
            "BFF_SERVICE_IDENTITY_TOKEN": simulator.identity,
            "BFF_TRACES_ENDPOINT": receiver.endpoint,
            "BFF_TRACES_SAMPLED_SHARE": "1",
        }
        worker_environment = {
            **environment,
            "BFF_PRODUCER_INSTANCE": "test-worker",
            "BFF_WORKER_METRICS_PORT": str(free_port()),
            "BFF_BROKER_URL": stores.broker.url,
        }
        database = postgres.rpartition("/")[2].partition("?")[0]
        worker_environment["BFF_POSTGRES_WORKER_URL"] = stores.postgres.url("bff_worker", database)
        worker_log = directory / "worker.log"
        with (
            _worker(worker_environment, worker_log),
            running_api(environment, issuer, directory / "api.log") as api,
        ):
            observed = ObservedService(
                api=api,
                simulator=simulator,
                receiver=receiver,
                worker_log=worker_log,
                worker_metrics_port=int(worker_environment["BFF_WORKER_METRICS_PORT"]),
                broker=broker,
                planting=planting,
            )
            _let_in(observed)
            yield observed


@contextmanager
def _simulator(directory: Path, planting: Planting) -> Generator[SimulatorProcess]:
    simulator = new_simulator(directory)
    simulator.start()
    try:
        planting.plant_in(directory / "state" / "simulator.sqlite3")
        yield simulator
    finally:
        simulator.stop()


@contextmanager
def _worker(environment: dict[str, str], log: Path) -> Generator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "worker"], env=environment, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: b"worker.started" in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _let_in(observed: ObservedService) -> None:
    """Take the store's nonce where it asks for one, and wait for the clerk's scope."""
    for _ in range(3):
        reply = observed.call("GET", f"{BASE}/session")
        if "dpop-nonce" in reply.headers:
            observed.api.nonce = reply.headers["dpop-nonce"]
        elif reply.status == 200:
            return
    raise AssertionError((observed.replies[-1], observed.api.logged()[-2000:]))


def _upstream(simulator: SimulatorProcess, name: str) -> str:
    return f"http://127.0.0.1:{simulator.ports[1]}/{name.lower().replace('_', '-')}"


def _read(port: int) -> bytes:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        page: bytes = answer.read()
    return page
