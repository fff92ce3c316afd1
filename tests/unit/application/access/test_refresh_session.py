"""Renewing tokens: the proof in full, claimed once, one turn per key, passed on once."""

import asyncio
from dataclasses import replace

import pytest
from tests.access_desk import Desk, facts_at
from tests.fakes.iam_sessions import FakeIamSessions
from tests.fakes.refresh_claims import FakeRefreshClaims
from tests.tokens import ABSENT, ORIGIN, elliptic_key

from bff_backoffice.application.access.refresh_session import (
    RefreshInFlight,
    RefreshLimited,
    RefreshRefused,
    RefreshRequest,
    RefreshSession,
)
from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.access.upstream_unavailable import UpstreamUnavailable
from bff_backoffice.application.ports.iam_sessions import RefreshedTokens
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import IdempotencyKey
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.security.errors import ProofRefused

PATH = "/bff/backoffice/v1/auth/refresh"
KEY = IdempotencyKey("01HZX8QJ5T9W2V4Y6B8D0F2H4K")


class Counter:
    """The refresh use case on fakes, and a device that asks."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.iam = FakeIamSessions()
        self.claims = FakeRefreshClaims()
        self.use_case = RefreshSession(
            proofs=self.desk.proofs, claims=self.claims, iam=self.iam, clock=self.desk.clock
        )

    def proof(self, **claims: object) -> str:
        changes = {"htm": "POST", "htu": ORIGIN + PATH, "ath": ABSENT, **claims}
        return self.desk.proof(claims=changes)

    def request(self, proof: str | None) -> RefreshRequest:
        return RefreshRequest(
            path=PATH,
            unverified_proof=proof,
            is_proof_repeated=False,
            refresh_token=SecretText("refresh-1"),
            key=KEY,
            source="203.0.113.7",
        )

    async def refresh(self, request: RefreshRequest | None = None) -> RefreshedTokens:
        clock = self.desk.clock
        return await self.use_case(
            request or self.request(self.proof()), facts_at(clock), Deadline.after(3, clock)
        )


@pytest.fixture
def counter() -> Counter:
    return Counter()


async def test_the_pair_comes_from_iam_with_the_clients_own_proof_and_key(
    counter: Counter,
) -> None:
    proof = counter.proof()

    tokens = await counter.refresh(counter.request(proof))

    assert tokens.access_token.reveal() == "new-access"
    assert counter.iam.refreshes == [("refresh-1", proof, KEY)]
    assert counter.claims.turns == set()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"htm": "GET"}, "htm"),
        ({"htu": ORIGIN + "/bff/backoffice/v1/session"}, "htu"),
        ({"ath": "x" * 43}, "ath"),
        ({"iat": 0}, "time"),
        ({"jti": ""}, "jti"),
    ],
)
async def test_a_proof_that_does_not_hold_claims_nothing_and_reaches_nobody(
    counter: Counter, claims: dict[str, object], reason: str
) -> None:
    with pytest.raises(ProofRefused) as refusal:
        await counter.refresh(counter.request(counter.proof(**claims)))

    assert refusal.value.reason == reason
    assert counter.claims.claimed == {}
    assert counter.iam.refreshes == []


async def test_a_missing_or_repeated_proof_is_refused(counter: Counter) -> None:
    for request, reason in (
        (counter.request(None), "missing"),
        (replace(counter.request(counter.proof()), is_proof_repeated=True), "repeated"),
    ):
        with pytest.raises(ProofRefused) as refusal:
            await counter.refresh(request)
        assert refusal.value.reason == reason
    assert counter.iam.refreshes == []


async def test_a_proof_refreshes_once(counter: Counter) -> None:
    request = counter.request(counter.proof())
    await counter.refresh(request)

    with pytest.raises(ProofRefused) as refusal:
        await counter.refresh(request)
    assert refusal.value.reason == "replayed"
    assert len(counter.iam.refreshes) == 1


async def test_one_refresh_of_a_key_is_under_way_at_a_time(counter: Counter) -> None:
    counter.iam.gate.clear()
    first = asyncio.create_task(counter.refresh())
    await asyncio.sleep(0)

    with pytest.raises(RefreshInFlight):
        await counter.refresh()
    counter.iam.gate.set()
    await first
    await counter.refresh()


async def test_another_keys_refresh_does_not_wait(counter: Counter) -> None:
    counter.iam.gate.clear()
    first = asyncio.create_task(counter.refresh())
    await asyncio.sleep(0)
    counter.desk.device_key = elliptic_key()
    second = asyncio.create_task(counter.refresh())
    await asyncio.sleep(0)
    counter.iam.gate.set()

    await asyncio.gather(first, second)


async def test_a_full_store_limits_refreshes_and_claims_nothing(counter: Counter) -> None:
    counter.claims.claims_per_source_max = 1
    await counter.refresh()

    with pytest.raises(RefreshLimited):
        await counter.refresh()
    assert len(counter.claims.claimed) == 1


async def test_a_store_without_an_answer_refuses(counter: Counter) -> None:
    counter.claims.is_down = True

    with pytest.raises(AccessStoreUnavailable):
        await counter.refresh()
    assert counter.iam.refreshes == []


async def test_what_iam_refuses_is_a_sign_in_and_gives_the_turn_back(counter: Counter) -> None:
    counter.iam.refuses = True

    with pytest.raises(RefreshRefused):
        await counter.refresh()
    assert counter.claims.turns == set()


async def test_without_iam_the_client_hears_when_to_come_back(counter: Counter) -> None:
    counter.iam.is_down = True

    with pytest.raises(UpstreamUnavailable) as refusal:
        await counter.refresh()
    assert refusal.value.retry_after_seconds == 7
    assert counter.claims.turns == set()


async def test_a_client_that_hangs_up_gives_the_turn_back(counter: Counter) -> None:
    counter.iam.gate.clear()
    leaving = asyncio.create_task(counter.refresh())
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)

    assert counter.claims.turns == set()
