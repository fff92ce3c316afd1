"""What ends with time: proofs, codes, retries, refresh tokens, pauses, kept answers."""

from pathlib import Path

import pytest
from tests.integration.simulator.proof_key import ProofKey
from tests.unit.upstream_simulator.in_process import InProcess, in_process

A_KEY = "01K00000000000000000000000"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    return in_process(tmp_path_factory.mktemp("lifetimes"))


@pytest.mark.parametrize(("age", "status"), [(89, 200), (91, 401), (-14, 200), (-16, 401)])
def test_a_proof_is_fresh_for_a_while_around_now(
    simulator: InProcess, age: int, status: int
) -> None:
    issued_at = int(simulator.clock.moment.timestamp()) - age

    assert simulator.login(ProofKey(), iat=issued_at).status == status


@pytest.mark.parametrize("issued_at", [float("nan"), float("inf"), "now", None, True, -1])
def test_an_iat_that_is_no_time_is_refused(simulator: InProcess, issued_at: object) -> None:
    assert simulator.login(ProofKey(), iat=issued_at).status == 401


def test_a_retry_is_a_retry_for_a_minute_and_then_reuse(simulator: InProcess) -> None:
    key = ProofKey()
    token = simulator.login(key).json["refreshToken"]
    first = simulator.refresh(key, token, idempotency_key="k")

    simulator.clock.move(seconds=60)
    retry = simulator.refresh(key, token, idempotency_key="k")
    simulator.clock.move(seconds=1)
    too_late = simulator.refresh(key, token, idempotency_key="k")
    successor = simulator.refresh(key, first.json["refreshToken"])

    assert retry.json == first.json
    assert too_late.status == 401
    assert successor.json["code"] == "MELMASTOON.IAM.SESSION_REVOKED"


def test_a_refresh_token_ends_after_thirty_days(simulator: InProcess) -> None:
    key = ProofKey()
    token = simulator.login(key).json["refreshToken"]

    simulator.clock.move(days=30, seconds=-1)
    last = simulator.refresh(key, token)
    simulator.clock.move(days=30)
    expired = simulator.refresh(key, last.json["refreshToken"])

    assert last.status == 200
    assert (expired.status, expired.json["code"]) == (401, "MELMASTOON.IAM.INVALID_REFRESH_TOKEN")


def test_the_pause_after_wrong_passwords_ends(simulator: InProcess) -> None:
    wrong = [simulator.login(ProofKey(), password="wrong").status for _ in range(5)]
    paused = simulator.login(ProofKey())
    simulator.clock.move(seconds=int(paused.headers["retry-after"]))

    assert wrong == [401] * 5
    assert paused.status == 423
    assert simulator.login(ProofKey()).status == 200


def test_a_kept_answer_is_forgotten_after_a_day(simulator: InProcess) -> None:
    tenant = simulator.directory[0]
    operator = tenant["operators"][0]["id"]
    path = f"/tenant/api/v1/tenants/{tenant['id']}/operators/{operator}/preferences"
    headers = {"x_tenant_id": tenant["id"], "x_idempotency_key": A_KEY}

    def put() -> int:
        reply = simulator.upstream("PUT", path, {"theme": "dark"}, **headers)
        version: int = reply.json["data"]["version"]
        return version

    first = put()
    simulator.clock.move(hours=23)
    assert put() == first
    simulator.clock.move(hours=2)
    assert put() == first + 1


def test_the_seed_does_not_need_the_real_clock(tmp_path: Path) -> None:
    simulator = in_process(tmp_path)
    tenant = simulator.directory[0]
    prop = tenant["properties"][0]["id"].replace("prop_", "ppt_")

    reply = simulator.upstream(
        "GET", f"/property/api/v1/properties/{prop}", x_tenant_id=tenant["id"]
    )

    assert reply.json["businessDate"] == "2026-03-14"
