"""The worker as a process: it publishes soon, stops soon, and survives kill -9."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import msgspec
import pytest
import redis
from tests.database_urls import DatabaseUrls
from tests.event_schemas import assert_valid
from tests.integration.test_session_event_mover import entry

from bff_backoffice.domain.message import SESSION_TOPIC
from bff_backoffice.infrastructure.redis.access_store import OWED_EVENTS_KEY

pytestmark = pytest.mark.integration

SOURCES: Final = Path(__file__).parents[2] / "src"
WAIT_SECONDS_MAX: Final = 15.0
DRAIN_SECONDS_MAX: Final = 5.0
UPSTREAMS: Final = (
    "IAM", "TENANT", "PROPERTY", "RESERVATION", "INVENTORY", "PRICING", "HOUSEKEEPING",
    "MAINTENANCE", "BILLING", "LOCK_INTEGRATION", "AI_ORCHESTRATOR", "NOTIFICATION", "SYNC",
    "STAFF", "ANALYTICS", "PAYMENT",
)  # fmt: skip


class Worker:
    """One `bff worker`, and the stores it works between."""

    def __init__(self, urls: DatabaseUrls, session_url: str, broker_url: str, log: Path) -> None:
        self.session = redis.Redis.from_url(session_url)
        self.broker = redis.Redis.from_url(broker_url)
        self.metrics_port = _free_port()
        self.log = log
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCES),
            "BFF_ENVIRONMENT": "sandbox",
            "BFF_PRODUCER_INSTANCE": "test-worker",
            "BFF_WORKER_METRICS_PORT": str(self.metrics_port),
            "BFF_POSTGRES_WORKER_URL": urls.worker,
            "BFF_REDIS_SESSION_URL": session_url,
            "BFF_REDIS_CACHE_URL": "redis://127.0.0.1:1/0",
            "BFF_BROKER_URL": broker_url,
            "BFF_STORED_ANSWER_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s",
            "BFF_SERVICE_IDENTITY_TOKEN": "token",
        } | {f"BFF_UPSTREAM_{name}_URL": "http://127.0.0.1:1" for name in UPSTREAMS}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, "worker"],
                env=self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        wait_until(lambda: self.log.read_text().count("worker.started") >= 1)

    def end(self, signal_number: signal.Signals) -> tuple[int, float]:
        """Send the signal; return the exit code and how long it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(WAIT_SECONDS_MAX)
        self.process = None
        return code, time.monotonic() - started

    def owe(self, *entries: bytes) -> None:
        self.session.rpush(OWED_EVENTS_KEY, *entries)

    def published(self) -> list[dict[str, Any]]:  # allow-any: JSON
        entries: Any = self.broker.xrange(SESSION_TOPIC)  # allow-any: the client's own union
        return [assert_valid(fields[b"event"]) for _, fields in entries]

    def event_ids(self) -> set[str]:
        entries: Any = self.broker.xrange(SESSION_TOPIC)  # allow-any: the client's own union
        return {_id(msgspec.json.decode(fields[b"event"])) for _, fields in entries}

    def metrics(self) -> str:
        address = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urlopen(address, timeout=5) as answer:
            text: bytes = answer.read()
        return text.decode()

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(WAIT_SECONDS_MAX)
        self.session.close()
        self.broker.close()


_MAIN: Final = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"


@pytest.fixture
def worker(
    database: DatabaseUrls, redis_session_url: str, broker_url: str, tmp_path: Path
) -> Iterator[Worker]:
    made = Worker(database, redis_session_url, broker_url, tmp_path / "worker.log")
    made.log.touch()
    yield made
    made.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_what_is_owed_is_published_and_a_stop_is_quick(worker: Worker) -> None:
    worker.start()

    worker.owe(entry("opened"), entry("closed"))
    wait_until(lambda: len(worker.published()) == 2)
    wait_until(lambda: "bff_backoffice_outbox_published_total 2.0" in worker.metrics())
    code, seconds = worker.end(signal.SIGTERM)

    verbs = [event["envelope"]["subject"] for event in worker.published()]
    assert verbs == [
        "melmastoon.bff.backoffice.session.opened.v1",
        "melmastoon.bff.backoffice.session.closed.v1",
    ]
    assert worker.session.llen(OWED_EVENTS_KEY) == 0
    assert code == 0
    assert seconds < DRAIN_SECONDS_MAX
    assert "worker.stopped" in worker.log.read_text()


def test_nothing_owed_is_lost_or_told_twice_over_kill_9(worker: Worker) -> None:
    sessions = [f"{number:02}" for number in range(40)]
    worker.start()
    for session in sessions:
        worker.owe(entry("opened", session))
    worker.end(signal.SIGKILL)

    for session in sessions:
        worker.owe(entry("closed", session))
    worker.start()
    wait_until(lambda: len(worker.event_ids()) == 2 * len(sessions))

    published = worker.published()
    for session in sessions:
        own = [
            event["envelope"]["subject"].split(".")[-2]
            for event in published
            if event["payload"]["sessionId"].endswith(session)
        ]
        assert own[0] == "opened"
        assert own[-1] == "closed"


def test_a_worker_without_its_settings_says_which_and_does_not_start(worker: Worker) -> None:
    del worker.environment["BFF_STORED_ANSWER_KEY"]

    refused = subprocess.run(
        [sys.executable, "-c", _MAIN, "worker"],
        env=worker.environment, capture_output=True, timeout=WAIT_SECONDS_MAX, check=False,
    )  # fmt: skip

    assert refused.returncode == 2
    assert b"BFF_STORED_ANSWER_KEY is missing" in refused.stderr


def test_a_worker_outside_the_sandbox_refuses_upstreams_in_the_clear(worker: Worker) -> None:
    worker.environment["BFF_ENVIRONMENT"] = "production"

    refused = subprocess.run(
        [sys.executable, "-c", _MAIN, "worker"],
        env=worker.environment, capture_output=True, timeout=WAIT_SECONDS_MAX, check=False,
    )  # fmt: skip

    assert refused.returncode == 2
    assert b"only for the sandbox: BFF_UPSTREAM_IAM_URL" in refused.stderr


def test_a_person_can_watch_the_events_until_ctrl_c(worker: Worker) -> None:
    worker.start()
    worker.owe(entry("opened"))
    wait_until(lambda: len(worker.published()) == 1)

    with _tail(worker, "--json", "--last", "1") as tail:
        assert tail.stdout is not None
        before = tail.stdout.readline()
        worker.owe(entry("closed"))
        after = tail.stdout.readline()
        tail.send_signal(signal.SIGINT)
        code = tail.wait(WAIT_SECONDS_MAX)

    subjects = [
        msgspec.json.decode(line)["envelope"]["subject"].split(".")[-2] for line in (before, after)
    ]
    assert subjects == ["opened", "closed"]
    assert code == 0


def test_watching_a_broker_that_is_away_is_one_clear_line(worker: Worker) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", _MAIN, "events", "tail"],
        env=worker.environment | {"BFF_BROKER_URL": "redis://127.0.0.1:1/0"},
        capture_output=True, timeout=WAIT_SECONDS_MAX, check=False,
    )  # fmt: skip

    assert refused.returncode == 1
    assert refused.stderr.count(b"\n") == 1


@contextlib.contextmanager
def _tail(worker: Worker, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "events", "tail", *arguments],
        env=worker.environment, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        with process:
            yield process
    finally:
        process.kill()


def _id(event: dict[str, Any]) -> str:  # allow-any: JSON
    return str(event["envelope"]["eventId"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
