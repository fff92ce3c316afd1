"""`typ` and `alg` of a proof (RFC 9449 §4.3, RFC 8725 §3.1)."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.access_desk import POLICY, Desk
from tests.tokens import (
    ABSENT,
    SigningKey,
    edwards_key,
    elliptic_key,
    encode_json,
    hmac_signature,
    jws,
    proof_claims,
    proof_header,
    rsa_key,
)

from bff_backoffice.security.dpop_proof import ProofPolicy

ALG = "proof.invalid:alg"
JWK = "proof.invalid:jwk"


@pytest.mark.parametrize(
    "typ",
    [
        ABSENT, None, "", "JWT", "at+jwt", "secevent+jwt", "DPoP+JWT", "dpop+JWT",
        "application/dpop+jwt", "dpop+jwt ", "dpop", 1, True, ["dpop+jwt"], {"dpop+jwt": 1},
    ],
)  # fmt: skip
async def test_a_proof_of_another_type_is_refused(desk: Desk, typ: object) -> None:
    assert await desk.refused_proof(desk.proof(header={"typ": typ})) == "proof.invalid:typ"


@pytest.mark.parametrize(
    "alg",
    [
        ABSENT, None, "", "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS256",
        "PS256", "ES384", "ES512", "ES256K", "es256", "eddsa", "ED25519", "Ed448", "ML-DSA-44",
        "RSA-OAEP", "ECDH-ES", "RS999", " ES256", "ES256 ", 256, True, ["ES256"], {"ES256": 1},
    ],
)  # fmt: skip
async def test_an_algorithm_that_is_not_on_the_list_is_refused(desk: Desk, alg: object) -> None:
    assert await desk.refused_proof(desk.proof(header={"alg": alg})) == ALG


async def test_an_unsigned_proof_is_refused(desk: Desk) -> None:
    header = proof_header(desk.device_key, alg="none")
    claims = proof_claims(desk.clock.epoch_seconds(), desk.token)
    unsigned = f"{encode_json(header)}.{encode_json(claims)}."

    assert await desk.refused_proof(unsigned) == "proof.invalid:shape"
    assert await desk.refused_proof(unsigned + "AAAA") == ALG


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
async def test_a_symmetric_signature_with_the_public_key_is_refused(
    desk: Desk, digest: str
) -> None:
    public = json.dumps(desk.device_key.jwk).encode()
    header = proof_header(desk.device_key, alg=f"HS{digest[3:]}")
    claims = proof_claims(desk.clock.epoch_seconds(), desk.token)

    assert await desk.refused_proof(jws(header, claims, hmac_signature(public, digest))) == ALG


@pytest.mark.parametrize(
    ("key", "alg", "refusal"),
    [
        (rsa_key(), "RS256", ALG),
        (rsa_key(), "ES256", JWK),
        (rsa_key(), "EdDSA", JWK),
        (elliptic_key(ec.SECP384R1(), "ES384", "P-384"), "ES384", ALG),
        (elliptic_key(ec.SECP384R1(), "ES384", "P-384"), "ES256", JWK),
        (elliptic_key(ec.SECP521R1(), "ES512", "P-521"), "ES256", JWK),
        (elliptic_key(ec.SECP256K1(), "ES256K", "secp256k1"), "ES256", JWK),
        (elliptic_key(), "EdDSA", JWK),
        (elliptic_key(), "Ed25519", JWK),
        (edwards_key(), "ES256", JWK),
    ],
    ids=lambda value: value.algorithm if isinstance(value, SigningKey) else str(value),
)
async def test_algorithm_and_key_must_agree(
    desk: Desk, key: SigningKey, alg: str, refusal: str
) -> None:
    assert await desk.refused_proof(desk.proof(key=key, header={"alg": alg})) == refusal


@pytest.mark.parametrize("alg", ["ES384", "EdDSA", "none", "", None, 1, ["ES256"]])
async def test_the_keys_own_algorithm_must_not_contradict(desk: Desk, alg: object) -> None:
    jwk = {**desk.device_key.jwk, "alg": alg}

    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


@pytest.mark.parametrize(
    "purpose",
    [
        {"use": "enc"}, {"use": ""}, {"use": None}, {"use": 1},
        {"key_ops": []}, {"key_ops": ["sign"]}, {"key_ops": "verify"}, {"key_ops": None},
        {"key_ops": [["verify"]]},
    ],
)  # fmt: skip
async def test_a_key_for_another_purpose_is_refused(desk: Desk, purpose: dict[str, object]) -> None:
    jwk = {**desk.device_key.jwk, **purpose}

    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


@pytest.mark.parametrize(
    "purpose", [{"use": "sig"}, {"key_ops": ["verify"]}, {"key_ops": ["sign", "verify"]}]
)
async def test_a_key_that_says_it_is_for_signatures_is_taken(
    desk: Desk, purpose: dict[str, object]
) -> None:
    await desk.admitted(desk.offer(desk.proof(header={"jwk": {**desk.device_key.jwk, **purpose}})))


@pytest.mark.parametrize(
    ("make", "alg"), [(elliptic_key, "ES256"), (edwards_key, "EdDSA"), (edwards_key, "Ed25519")]
)
async def test_each_listed_algorithm_is_taken(make: object, alg: str) -> None:
    key = elliptic_key() if alg == "ES256" else edwards_key(alg)
    desk = Desk(device_key=key)

    await desk.admitted(desk.offer(desk.proof(header={"alg": alg})))


async def test_an_algorithm_is_taken_only_while_it_is_on_the_list() -> None:
    only_edwards = ProofPolicy(
        algorithms=("EdDSA",),
        origins=POLICY.origins,
        age_seconds_max=60,
        ahead_seconds_max=10,
    )
    desk = Desk(proof_policy=only_edwards, device_key=edwards_key())

    assert await desk.refused_proof(desk.proof(header={"alg": "Ed25519"})) == ALG
    assert await desk.refused_proof(desk.proof(key=elliptic_key())) == ALG


@pytest.mark.parametrize("algorithms", [(), ("none",), ("HS256",), ("ES256", "RS256"), ("",)])
def test_a_policy_without_a_sound_list_is_no_policy(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="proof algorithms"):
        ProofPolicy(
            algorithms=algorithms, origins=POLICY.origins, age_seconds_max=60, ahead_seconds_max=10
        )


@pytest.mark.parametrize(("age", "ahead"), [(0, 10), (-1, 10), (60, -1)])
def test_a_window_that_is_none_is_no_policy(age: int, ahead: int) -> None:
    with pytest.raises(ValueError, match="proof window"):
        ProofPolicy(
            algorithms=("ES256",),
            origins=POLICY.origins,
            age_seconds_max=age,
            ahead_seconds_max=ahead,
        )


def test_a_policy_without_an_origin_is_no_policy() -> None:
    with pytest.raises(ValueError, match="public origins"):
        ProofPolicy(
            algorithms=("ES256",), origins=frozenset(), age_seconds_max=60, ahead_seconds_max=10
        )
