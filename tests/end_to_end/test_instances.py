"""Two instances of two workers each behind the balancer: one service to whoever calls it."""

import http.client
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.integration.sandbox.running_sandbox import RunningSandbox
from tests.tokens import SigningKey, edwards_key, jws, proof_claims, proof_header

from bff_backoffice.foundation.clock import SystemClock
from sandbox.endpoints import Endpoints, Operator
from sandbox.store_home import remove_store_home

pytestmark = pytest.mark.end_to_end

COPIES: Final = 64
CALLERS: Final = 6
SESSION_CALLS: Final = 40
HTTP_SECONDS_MAX: Final = 15.0
UNAUTHORIZED: Final = 401
UNAVAILABLE: Final = 503


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    access_token: str
    device_id: str


class Reply(msgspec.Struct, frozen=True):
    status: int
    nonce: str | None
    body: bytes


def send(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Reply:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=HTTP_SECONDS_MAX)
    try:
        connection.request(method, place.path, body=body, headers=headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.getheader("DPoP-Nonce"), answer.read())
    finally:
        connection.close()


class Caller:
    """A device with its key, signed in at iam."""

    def __init__(self, endpoints: Endpoints, operator: Operator) -> None:
        self.endpoints = endpoints
        self.key: SigningKey = edwards_key()
        self.nonce: str | None = None
        url = f"{endpoints.iam}/api/v1/auth/login"
        body = msgspec.json.encode({"username": operator.username, "password": operator.password})
        headers = {"DPoP": self.proof("POST", url), "Content-Type": "application/json"}
        signed_in = send("POST", url, headers, body)
        assert signed_in.status == 200, signed_in.body
        self.tokens = msgspec.json.decode(signed_in.body, type=Tokens)

    def proof(self, method: str, url: str, token: str | None = None, **claims: object) -> str:
        members = {"htm": method, "htu": url, "jti": token_hex(12), **claims}
        payload = proof_claims(SystemClock().epoch_seconds(), token, **members)
        return jws(proof_header(self.key), payload, self.key.sign)

    def session_url(self, origin: str) -> str:
        return f"{origin}{self.endpoints.base_path}/session"

    def headers(self, url: str) -> dict[str, str]:
        token = self.tokens.access_token
        claims = {} if self.nonce is None else {"nonce": self.nonce}
        return {
            "Authorization": f"DPoP {token}",
            "DPoP": self.proof("GET", url, token, **claims),
            "X-Device-Id": self.tokens.device_id,
        }

    def read_session(self, origin: str | None = None) -> Reply:
        """Ask once, and once more with the nonce where one is demanded (RFC 9449 §9)."""
        url = self.session_url(origin or self.endpoints.bff)
        reply = send("GET", url, self.headers(url))
        if reply.status == UNAUTHORIZED and reply.nonce is not None:
            self.nonce = reply.nonce
            reply = send("GET", url, self.headers(url))
        return reply


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox(tmp_path_factory.mktemp("balanced"))
    try:
        sandbox.up("--instances", "2", "--workers", "2", "--no-client")
        yield sandbox
    finally:
        sandbox.down()
        remove_store_home(sandbox.folder)


@pytest.fixture
def endpoints(balanced: RunningSandbox) -> Endpoints:
    return balanced.endpoints()


@pytest.fixture
def caller(endpoints: Endpoints) -> Caller:
    return Caller(endpoints, endpoints.tenants[0].operators[0])


def every_origin(endpoints: Endpoints) -> tuple[str, ...]:
    return (endpoints.bff, *endpoints.instances)


def statuses_of_copies(
    caller: Caller, headers: dict[str, str], origins: tuple[str, ...], count: int
) -> Counter[int]:
    urls = [caller.session_url(origin) for origin in islice(cycle(origins), count)]

    def status_of(url: str) -> int:
        return send("GET", url, headers).status

    with ThreadPoolExecutor(max_workers=count) as executor:
        return Counter(executor.map(status_of, urls))


@contextmanager
def constant_calls(endpoints: Endpoints) -> Generator[list[Reply]]:
    """Let several devices call without a pause; what they were answered is in the list."""
    operators = endpoints.tenants[0].operators[:CALLERS]
    callers = [Caller(endpoints, operator) for operator in operators]
    replies: list[Reply] = []
    is_over = threading.Event()

    def call(caller: Caller) -> None:
        while not is_over.is_set():
            replies.append(caller.read_session())

    with ThreadPoolExecutor(max_workers=CALLERS) as executor:
        running = [executor.submit(call, caller) for caller in callers]
        try:
            wait_for_more(replies)
            yield replies
            wait_for_more(replies)
        finally:
            is_over.set()
        for each in running:
            each.result()


def wait_for_more(replies: list[Reply], more: int = 200) -> None:
    wanted = len(replies) + more
    wait_until(lambda: len(replies) >= wanted)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HTTP_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("is_balancer_alone", [True, False])
def test_one_of_many_copies_of_a_proof_passes(
    caller: Caller, endpoints: Endpoints, *, is_balancer_alone: bool
) -> None:
    origins = (endpoints.bff,) if is_balancer_alone else every_origin(endpoints)
    assert caller.read_session().status == 200
    headers = caller.headers(caller.session_url(endpoints.bff))

    statuses = statuses_of_copies(caller, headers, origins, COPIES)

    assert statuses == {200: 1, UNAUTHORIZED: COPIES - 1}


def test_a_proof_for_any_of_our_origins_passes_at_any_of_them_and_only_there(
    caller: Caller, endpoints: Endpoints
) -> None:
    first = endpoints.instances[0]
    assert caller.read_session().status == 200

    for made_for, sent_to in ((first, endpoints.bff), (endpoints.bff, first)):
        headers = caller.headers(caller.session_url(made_for))
        assert statuses_of_copies(caller, headers, (sent_to, made_for), 2) == {200: 1, 401: 1}
    foreign = caller.headers(caller.session_url("http://127.0.0.1:1"))
    assert send("GET", caller.session_url(endpoints.bff), foreign).status == UNAUTHORIZED


def test_every_instance_answers_from_the_same_session(
    caller: Caller, endpoints: Endpoints, balanced: RunningSandbox
) -> None:
    replies = [caller.read_session() for _ in range(SESSION_CALLS)]
    replies += [caller.read_session(origin) for origin in endpoints.instances]

    assert {reply.status for reply in replies} == {200}
    assert len({msgspec.json.decode(reply.body)["id"] for reply in replies}) == 1
    log = balanced.folder / "logs" / "balancer.log"
    wait_until(lambda: log.read_text().count("/session 200 ") >= SESSION_CALLS)
    told = log.read_text()
    for instance in endpoints.instances:
        assert f"GET {endpoints.base_path}/session 200 " in told
        assert instance.removeprefix("http://") in told
    assert caller.tokens.access_token not in told


def test_jobs_and_metrics_are_not_behind_the_balancer(endpoints: Endpoints) -> None:
    for path in (f"{endpoints.base_path}/internal/jobs/any", "/internal/jobs/any", "/metrics"):
        assert send("POST", endpoints.bff + path, {}).status == 404
        assert send("POST", endpoints.bff + path, {}).body == b""


def test_an_instance_that_is_told_to_stop_drains_without_a_failed_request(
    endpoints: Endpoints, balanced: RunningSandbox
) -> None:
    with constant_calls(endpoints) as replies:
        os.kill(balanced.parts()["api-2"].pid or 0, signal.SIGTERM)
        wait_until(lambda: balanced.parts()["api-2"].state != "ready")
        wait_for_more(replies)
        assert balanced.run("start", "api-2").returncode == 0

    assert Counter(reply.status for reply in replies) == {200: len(replies)}


def test_a_killed_instance_takes_only_its_own_requests_with_it(
    endpoints: Endpoints, balanced: RunningSandbox
) -> None:
    with constant_calls(endpoints) as replies:
        assert balanced.run("kill", "api").returncode == 0
        at_death = len(replies)
        wait_for_more(replies)
        assert balanced.run("start", "api").returncode == 0

    failed = [reply for reply in replies if reply.status != 200]
    assert {reply.status for reply in failed} <= {UNAVAILABLE}
    # Until the last of its processes is gone, its socket takes what nobody will answer.
    assert len(failed) <= COPIES
    assert {reply.status for reply in replies[at_death + CALLERS :]} == {200}


def test_no_spent_proof_passes_after_the_session_tier_was_killed_and_clients_recover(
    caller: Caller, endpoints: Endpoints, balanced: RunningSandbox
) -> None:
    assert caller.read_session().status == 200
    url = caller.session_url(endpoints.bff)
    spent = caller.headers(url)
    assert send("GET", url, spent).status == 200

    assert balanced.run("kill", "valkey-session").returncode == 0
    while_down = statuses_of_copies(caller, spent, every_origin(endpoints), 6)
    assert balanced.run("start", "valkey-session").returncode == 0
    afterwards = statuses_of_copies(caller, spent, every_origin(endpoints), 12)

    assert while_down == {UNAVAILABLE: 6}
    assert set(afterwards) == {UNAUTHORIZED}
    for origin in every_origin(endpoints):
        assert caller.read_session(origin).status == 200
    assert set(statuses_of_copies(caller, spent, every_origin(endpoints), 12)) == {UNAUTHORIZED}
