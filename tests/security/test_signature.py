"""The signature of a proof: over exactly these bytes, by exactly this key, checked first."""

import json
from base64 import urlsafe_b64decode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.access_desk import Desk
from tests.tokens import (
    SigningKey,
    edwards_key,
    elliptic_key,
    encode,
    encode_json,
    jws,
    proof_claims,
    proof_header,
)

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.security.dpop_proof import ExpectedProof

SIGNATURE = "proof.invalid:signature"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def parts_of(proof: str) -> tuple[str, str, bytes]:
    header, payload, signature = proof.split(".")
    return header, payload, urlsafe_b64decode(signature + "==")


def put_together(header: str, payload: str, signature: bytes) -> str:
    return f"{header}.{payload}.{encode(signature)}"


@pytest.fixture(params=[elliptic_key, edwards_key], ids=["ES256", "EdDSA"])
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(device_key=request.param())


@pytest.mark.parametrize("place", [0, 31, 32, 63])
async def test_a_changed_signature_is_refused(desk: Desk, place: int) -> None:
    header, payload, signature = parts_of(desk.proof())
    changed = bytearray(signature)
    changed[place] ^= 1

    assert await desk.refused_proof(put_together(header, payload, bytes(changed))) == SIGNATURE


async def test_a_changed_payload_is_refused(desk: Desk) -> None:
    header, _, signature = parts_of(desk.proof())
    claims = proof_claims(desk.clock.epoch_seconds(), desk.token, jti="fresh")

    refusal = await desk.refused_proof(put_together(header, encode_json(claims), signature))

    assert refusal == SIGNATURE


async def test_a_changed_header_is_refused(desk: Desk) -> None:
    _, payload, signature = parts_of(desk.proof())
    header = proof_header(desk.device_key, extra=1)

    refusal = await desk.refused_proof(put_together(encode_json(header), payload, signature))

    assert refusal == SIGNATURE


async def test_a_signature_of_another_key_than_the_embedded_one_is_refused(desk: Desk) -> None:
    claims = proof_claims(desk.clock.epoch_seconds(), desk.token)
    other = edwards_key() if desk.device_key.algorithm == "EdDSA" else elliptic_key()
    proof = jws(proof_header(desk.device_key), claims, other.sign)

    assert await desk.refused_proof(proof) == SIGNATURE


@pytest.mark.parametrize("length", [1, 32, 63, 65, 96, 128, 1000])
async def test_a_signature_of_another_length_is_refused(desk: Desk, length: int) -> None:
    header, payload, signature = parts_of(desk.proof())
    resized = (signature + bytes(1000))[:length]

    assert await desk.refused_proof(put_together(header, payload, resized)) == SIGNATURE


async def test_the_signature_is_checked_before_any_claim_is_looked_at(desk: Desk) -> None:
    """Otherwise an answer would tell what of a stranger's claims is right."""
    wrong = proof_claims(0, None, htm="X", htu=1, iat="x", jti=None)
    proof = jws(proof_header(desk.device_key), wrong, lambda _: bytes(64))

    assert await desk.refused_proof(proof) == SIGNATURE


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (0, 0), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)],
)
async def test_an_ecdsa_signature_out_of_range_is_refused(r: int, s: int) -> None:
    desk = Desk()
    header, payload, _ = parts_of(desk.proof())
    forged = put_together(header, payload, r.to_bytes(32) + s.to_bytes(32))

    assert await desk.refused_proof(forged) == SIGNATURE


async def test_an_ecdsa_signature_in_der_form_is_refused() -> None:
    desk = Desk()
    header, payload, signature = parts_of(desk.proof())

    def integer(octets: bytes) -> bytes:
        trimmed = octets.lstrip(b"\0")
        padded = b"\0" * (trimmed[0] >> 7) + trimmed
        return bytes([2, len(padded)]) + padded

    body = integer(signature[:32]) + integer(signature[32:])
    der = bytes([0x30, len(body)]) + body

    assert await desk.refused_proof(put_together(header, payload, der)) == SIGNATURE


async def test_the_twin_of_a_used_ecdsa_signature_is_a_replay() -> None:
    """(r, n - s) holds as well as (r, s): single use must not hang on the signature's bytes."""
    desk = Desk()
    proof = desk.proof()
    header, payload, signature = parts_of(proof)
    s = int.from_bytes(signature[32:])
    twin = put_together(header, payload, signature[:32] + (P256_ORDER - s).to_bytes(32))

    await desk.admitted(desk.offer(proof))

    assert await desk.refused_proof(twin) == "proof.invalid:replayed"


async def test_an_ed25519_signature_with_a_second_spelling_of_s_is_refused() -> None:
    desk = Desk(device_key=edwards_key())
    header, payload, signature = parts_of(desk.proof())
    s = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    twin = put_together(header, payload, signature[:32] + s.to_bytes(32, "little"))

    assert await desk.refused_proof(twin) == SIGNATURE


_DESK = Desk()
_EDWARDS_DESK = Desk(device_key=edwards_key())


@pytest.mark.parametrize("desk", [_DESK, _EDWARDS_DESK], ids=["ES256", "EdDSA"])
@given(place=st.integers(0, 10_000), octet=st.integers(0, 127))
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_proof_with_one_byte_changed_is_never_accepted(
    desk: Desk, place: int, octet: int
) -> None:
    proof = desk.proof()
    where = place % len(proof)
    changed = proof[:where] + chr(octet) + proof[where + 1 :]
    expected = ExpectedProof(
        http_method="GET",
        path="/bff/backoffice/v1/session",
        access_token_hash=json.loads(  # noqa: TID251 - the test's own JSON
            urlsafe_b64decode(proof.split(".")[1] + "==")
        )["ath"],
        confirmed_thumbprint=desk.device_key.thumbprint,
    )

    desk.proofs.verify(proof, expected)
    if changed == proof:
        return
    with pytest.raises(ServiceError) as refusal:
        desk.proofs.verify(changed, expected)
    assert refusal.value.code in ("proof.invalid", "token.invalid")


def keys() -> list[SigningKey]:
    return [elliptic_key(), edwards_key(), edwards_key("Ed25519")]


async def test_callers_with_different_keys_do_not_disturb_one_another() -> None:
    for key in keys():
        desk = Desk(device_key=key)
        for other in keys():
            assert await desk.refused_proof(desk.proof(key=other)) == "token.invalid:key_mismatch"
