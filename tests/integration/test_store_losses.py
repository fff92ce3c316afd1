"""What a real API does when a store is lost, restarted or away: nobody replays, all recover."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client
from tests.running_api import (
    Reply,
    RunningApi,
    api_environment,
    free_port,
    key_server,
    own_database,
    running_api,
)
from tests.tokens import PATH, Issuer

from sandbox.stores import RunningStores

SESSION = "valkey-session"
POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Instances:
    """Two instances on the same stores, and how their very first calls were answered."""

    running: tuple[RunningApi, RunningApi]
    first_answers: tuple[int, int]
    environment: dict[str, str]
    issuer: Issuer


@pytest.fixture(scope="module")
def instances(
    running_servers: RunningStores, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instances]:
    """Start two instances on empty stores, each known by both origins."""
    stores = running_servers.stores
    with redis_client.Redis.from_url(stores.session_tier.url) as client:
        client.flushall()
    issuer = Issuer(key_id="sandbox-1")
    one, other = free_port(), free_port()
    origins = f"http://127.0.0.1:{one},http://127.0.0.1:{other}"
    folder: Path = tmp_path_factory.mktemp("instances")
    with ExitStack() as stack:
        environment = api_environment(
            iam=stack.enter_context(key_server(issuer)),
            upstreams="http://127.0.0.1:1",
            postgres=stack.enter_context(own_database(stores, "store_losses")),
            session_tier=stores.session_tier.url,
            cache_tier=stores.cache_tier.url,
        )
        environment["BFF_PUBLIC_ORIGINS"] = origins
        first = stack.enter_context(running_api(environment, issuer, folder / "1.log", port=one))
        second = stack.enter_context(running_api(environment, issuer, folder / "2.log", port=other))
        second.device_key = first.device_key
        yield Instances(
            running=(first, second),
            first_answers=(first.call().status, second.call().status),
            environment={k: v for k, v in environment.items() if k != "BFF_PUBLIC_ORIGINS"},
            issuer=issuer,
        )


@pytest.fixture
def both(instances: Instances) -> tuple[RunningApi, RunningApi]:
    """Let both in first, whatever an earlier test has done to the stores."""
    for api in instances.running:
        assert recovered(api).status == 200
    return instances.running


def recovered(api: RunningApi, *, retries: int = 2) -> Reply:
    """Call as a client does that follows `use_dpop_nonce`.

    One retry is enough, but for a loss within seconds of the last: then a nonce is demanded for
    the one, and the store is found to be another once more with that nonce in hand.
    """
    api.nonce = None
    reply = api.call()
    for _ in range(retries):
        if "dpop-nonce" in reply.headers:
            api.nonce = reply.headers["dpop-nonce"]
            reply = api.call()
    return reply


def eventually(check: Callable[[], bool], seconds: float = 10) -> None:
    last_moment = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < last_moment, "never came true"
        time.sleep(0.02)


def spent_proofs(api: RunningApi) -> list[dict[str, str]]:
    """Send proofs from the whole window and return them; each must have been taken."""
    spent: list[dict[str, str]] = []
    now = time.time()  # noqa: TID251 - a real process
    for ahead in (-50, -5, 0, 5, 9):
        headers = api.headers()
        token = headers["Authorization"].removeprefix("DPoP ")
        headers["DPoP"] = api.proof("GET", PATH, token, iat=now + ahead)
        reply = api.send("GET", PATH, headers)
        if "dpop-nonce" in reply.headers:
            api.nonce = reply.headers["dpop-nonce"]
            headers["DPoP"] = api.proof("GET", PATH, token, iat=now + ahead)
            reply = api.send("GET", PATH, headers)
        assert reply.status == 200
        spent.append(headers)
    return spent


def assert_none_passes(spent: list[dict[str, str]], *instances: RunningApi) -> None:
    for api in instances:
        for headers in spent:
            reply = api.send("GET", PATH, headers)
            assert reply.status in (401, 503), reply


def test_a_fresh_start_demands_no_nonce(instances: Instances) -> None:
    assert instances.first_answers == (200, 200)


def test_a_proof_spent_at_one_instance_is_spent_at_the_other(
    both: tuple[RunningApi, RunningApi],
) -> None:
    first, second = both
    headers = first.headers()

    assert first.send("GET", PATH, headers).status == 200
    assert second.send("GET", PATH, headers).code == "INVALID_DPOP_PROOF"


def test_of_copies_sent_to_both_at_once_exactly_one_passes(
    both: tuple[RunningApi, RunningApi],
) -> None:
    headers = both[0].headers()
    with ThreadPoolExecutor(max_workers=16) as senders:
        copies = [senders.submit(both[n % 2].send, "GET", PATH, headers) for n in range(64)]
        statuses = [copy.result().status for copy in copies]

    assert statuses.count(200) == 1
    assert statuses.count(401) == 63


def test_after_a_wipe_no_spent_proof_passes_and_each_client_recovers_with_one_retry(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    first, second = both
    spent = spent_proofs(first)
    with redis_client.Redis.from_url(running_servers.stores.session_tier.url) as client:
        client.flushall()

    assert_none_passes(spent, first, second)
    for api in both:
        assert recovered(api, retries=1).status == 200
        assert api.nonce is not None
    assert_none_passes(spent, first, second)
    crossed = second.headers()
    assert first.send("GET", PATH, crossed).status == 200  # A nonce of the other instance.


def test_a_wiped_store_still_knows_who_was_signed_out(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    api, _ = both
    token = api.token(sid="ses_out")
    path = "/bff/backoffice/v1/auth/sign-out"
    assert api.send("GET", PATH, api.headers(token=token)).status == 200
    assert api.send("POST", path, api.headers("POST", path, token)).status == 204
    with redis_client.Redis.from_url(running_servers.stores.session_tier.url) as client:
        client.flushall()
    assert recovered(api).status == 200

    assert api.send("GET", PATH, api.headers(token=token)).code == "SESSION_REVOKED"


def test_after_a_restart_with_its_file_no_spent_proof_passes_and_each_client_recovers(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    """The marker is still in the file; the claims of the last second may not be."""
    first, second = both
    spent = spent_proofs(first)
    running_servers.kill(SESSION)
    running_servers.start(SESSION)

    assert_none_passes(spent, first, second)
    for api in both:
        api.nonce = None
        reply = api.call()
        assert reply.status == 401, (reply, api.logged()[-1500:])
        assert reply.code == "USE_DPOP_NONCE"
        assert 'error="use_dpop_nonce"' in reply.headers["www-authenticate"]
        assert reply.headers["cache-control"] == "no-store"
        assert recovered(api, retries=1).status == 200
    assert_none_passes(spent, first, second)


def test_the_first_request_after_a_restart_is_told_of_the_nonce_at_once(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    """The line is dead and the server is another one: neither is the client's business."""
    running_servers.stop(SESSION)
    running_servers.start(SESSION)
    for api in both:
        api.nonce = None
        assert api.call().code == "USE_DPOP_NONCE"


def test_without_the_session_tier_nobody_is_let_in_and_it_heals_by_itself(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    api, _ = both
    running_servers.kill(SESSION)
    try:
        for _ in range(3):
            started = time.monotonic()
            reply = api.call()
            assert (reply.status, reply.code) == (503, "ACCESS_STORE_UNAVAILABLE")
            assert reply.headers["retry-after"] == "2"
            assert "www-authenticate" not in reply.headers
            assert time.monotonic() - started < 5
        ready = api.send("GET", "/health/ready")
        assert ready.status == 200
        assert ready.json()["dependencies"]["redis-session"] == "down"  # type: ignore[index]  # JSON
    finally:
        running_servers.start(SESSION)

    assert recovered(api).status == 200


def test_a_session_tier_that_hangs_is_one_that_is_away(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    api, _ = both
    with redis_client.Redis.from_url(running_servers.stores.session_tier.url) as client:
        process = int(client.info("server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert api.call().status == 503
        assert time.monotonic() - started < 8
    finally:
        os.kill(process, signal.SIGCONT)

    eventually(lambda: recovered(api).status == 200)


def test_without_postgres_sessions_go_on_once_the_generation_is_known(
    both: tuple[RunningApi, RunningApi], running_servers: RunningStores
) -> None:
    api, _ = both
    running_servers.stop(POSTGRES)
    try:
        for _ in range(3):
            assert api.call().status == 200
        with redis_client.Redis.from_url(running_servers.stores.session_tier.url) as client:
            client.flushall()
        assert api.call().code == "ACCESS_STORE_UNAVAILABLE"
        path = "/bff/backoffice/v1/auth/sign-out"
        assert api.call("POST", path).status == 503
    finally:
        running_servers.start(POSTGRES)

    eventually(lambda: recovered(api).status == 200)


def test_a_process_that_is_told_to_stop_ends_well(instances: Instances, tmp_path: Path) -> None:
    with running_api(instances.environment, instances.issuer, tmp_path / "api.log") as api:
        assert recovered(api).status == 200
        assert api.stop() == 0
        assert '"event":"api.stopped"' in api.logged()
        assert "Traceback" not in api.logged()


def test_a_start_without_iam_is_not_ready_and_becomes_so_by_being_asked(
    instances: Instances, tmp_path: Path
) -> None:
    """Nobody sends it a token before it is ready, so nothing else can make it look again."""
    issuer = Issuer(key_id="sandbox-1")
    port = free_port()
    iam = f"http://127.0.0.1:{port}"
    environment = instances.environment | {"BFF_ISSUER": iam, "BFF_UPSTREAM_IAM_URL": iam}
    with running_api(environment, issuer, tmp_path / "api.log") as api:
        assert api.send("GET", "/health/ready").status == 503
        assert api.call().code == "SIGNING_KEYS_UNAVAILABLE"
        with key_server(issuer, port=port):
            eventually(lambda: api.send("GET", "/health/ready").status == 200, seconds=15)
            assert recovered(api).status == 200
