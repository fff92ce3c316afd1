"""`ath` ties a proof to the access token beside it (RFC 9449 §4.2)."""

import hashlib

import pytest
from tests.access_desk import Desk
from tests.tokens import ABSENT, encode, token_hash

from bff_backoffice.security.dpop_proof import ExpectedProof
from bff_backoffice.security.errors import ProofRefused

ATH = "proof.invalid:ath"


@pytest.mark.parametrize(
    "ath", [ABSENT, None, "", 1, True, [], ["x"], {"a": 1}, "\u00e9", "x" * 43]
)
async def test_a_hash_that_is_none_or_wrong_is_refused(desk: Desk, ath: object) -> None:
    assert await desk.refused_proof(desk.proof(claims={"ath": ath})) == ATH


async def test_a_hash_in_another_spelling_is_refused(desk: Desk) -> None:
    token, right = desk.token.encode(), token_hash(desk.token)
    spellings = [
        right + "=", right[:-1], right + "A", right.lower(), " " + right,
        hashlib.sha256(token).hexdigest(), encode(hashlib.sha512(token).digest()),
        encode(hashlib.sha256(token + b" ").digest()), encode(hashlib.sha1(token).digest()),  # noqa: S324 - a wrong hash on purpose
        encode(hashlib.sha256(b"DPoP " + token).digest()),
    ]  # fmt: skip
    for spelling in spellings:
        assert await desk.refused_proof(desk.proof(claims={"ath": spelling})) == ATH


async def test_a_proof_for_the_last_token_does_not_hold_for_the_next(desk: Desk) -> None:
    now, jkt = desk.clock.epoch_seconds(), desk.device_key.thumbprint
    renewed = desk.issuer.token(now, jkt, jti="renewed")
    for_renewed = desk.proof(token=renewed)

    assert await desk.refused_proof(for_renewed) == ATH
    await desk.admitted(desk.offer(for_renewed, authorization=f"DPoP {renewed}"))


@pytest.mark.parametrize("ath", ["", "x", 1])
def test_a_hash_where_no_token_is_due_is_refused(desk: Desk, ath: object) -> None:
    expected = ExpectedProof(
        http_method="GET",
        path="/bff/backoffice/v1/session",
        access_token_hash=None,
        confirmed_thumbprint=None,
    )

    desk.proofs.verify(desk.proof(claims={"ath": ABSENT}), expected)
    with pytest.raises(ProofRefused) as refusal:
        desk.proofs.verify(desk.proof(claims={"ath": ath}), expected)
    assert refusal.value.reason == "ath"
