"""`cnf.jkt` and the device header tie a token to one key on one device (RFC 9449 §6.1)."""

import pytest
from tests.access_desk import Desk
from tests.tokens import ABSENT, DEVICE, edwards_key, elliptic_key

from bff_backoffice.security.dpop_proof import ExpectedProof, hash_access_token

UNBOUND = "token.invalid:unbound"


@pytest.mark.parametrize(
    "confirmation",
    [
        ABSENT, None, "", "jkt", 0, 1, True, 1.5, [], ["jkt"], [{"jkt": "x" * 43}], {},
        {"JKT": "x" * 43}, {"jkt": None}, {"jkt": ""}, {"jkt": " " * 42}, {"jkt": 1}, {"jkt": True},
        {"jkt": ["x" * 43]}, {"jkt": {"x": 1}}, {"jkt": "x" * 42}, {"jkt": "x" * 44},
        {"jkt": "\u00e9" * 43}, {"x5t#S256": "x" * 43}, {"jwk": {}}, {"kid": "x"},
    ],
)  # fmt: skip
async def test_a_token_that_names_no_key_is_refused(desk: Desk, confirmation: object) -> None:
    now = desk.clock.epoch_seconds()
    token = desk.issuer.token(now, "", cnf=confirmation)

    assert await desk.refused(desk.offer_token(token)) == UNBOUND


async def test_a_certificate_binding_beside_the_key_is_refused(desk: Desk) -> None:
    """Both would have to hold, and a certificate cannot be seen here."""
    confirmation = {"jkt": desk.device_key.thumbprint, "x5t#S256": "x" * 43}
    token = desk.issuer.token(desk.clock.epoch_seconds(), "", cnf=confirmation)

    assert await desk.refused(desk.offer_token(token)) == UNBOUND


async def test_unknown_confirmation_members_are_ignored(desk: Desk) -> None:
    confirmation = {"jkt": desk.device_key.thumbprint, "other": [1]}
    token = desk.issuer.token(desk.clock.epoch_seconds(), "", cnf=confirmation)

    await desk.admitted(desk.offer_token(token))


@pytest.mark.parametrize("key", [elliptic_key(), edwards_key()], ids=["EC", "OKP"])
async def test_a_stolen_token_with_the_thiefs_own_proof_is_refused(desk: Desk, key: object) -> None:
    proof = desk.proof(key=key)  # type: ignore[arg-type]  # a SigningKey

    assert await desk.refused_proof(proof) == "token.invalid:key_mismatch"


@pytest.mark.parametrize("jkt", ["x" * 43, "A" * 43])
async def test_a_token_of_another_key_is_refused(desk: Desk, jkt: str) -> None:
    token = desk.issuer.token(desk.clock.epoch_seconds(), jkt)

    assert await desk.refused(desk.offer_token(token)) == "token.invalid:key_mismatch"


async def test_a_thumbprint_in_other_case_is_another_key(desk: Desk) -> None:
    jkt = desk.device_key.thumbprint.swapcase()
    token = desk.issuer.token(desk.clock.epoch_seconds(), jkt)

    assert await desk.refused(desk.offer_token(token)) == "token.invalid:key_mismatch"


@pytest.mark.parametrize(
    ("token_hash", "thumbprint"), [(hash_access_token("x"), None), (None, "x" * 43)]
)
def test_the_verifier_is_never_asked_for_half_a_binding(
    desk: Desk, token_hash: str | None, thumbprint: str | None
) -> None:
    expected = ExpectedProof(
        http_method="GET",
        path="/bff/backoffice/v1/session",
        access_token_hash=token_hash,
        confirmed_thumbprint=thumbprint,
    )
    proof = desk.proof(claims={"ath": token_hash or ABSENT})

    with pytest.raises(TypeError):
        desk.proofs.verify(proof, expected)


async def test_the_device_header_is_due(desk: Desk) -> None:
    assert await desk.refused(desk.offer(device_id=None)) == "device.header_missing:"


@pytest.mark.parametrize(
    "device_id", ["", " ", DEVICE.lower(), DEVICE + " ", DEVICE[:-1], "dev_x", "\u00e9", "*"]
)
async def test_another_device_than_the_tokens_is_refused(desk: Desk, device_id: str) -> None:
    refusal = await desk.refused(desk.offer(device_id=device_id))

    assert refusal == "token.invalid:device_mismatch"
