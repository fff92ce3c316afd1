"""The public key inside a proof (RFC 9449 §4.2, RFC 7517, RFC 7638)."""

from base64 import urlsafe_b64decode

import pytest
from tests.access_desk import Desk
from tests.tokens import (
    ABSENT,
    SigningKey,
    changed,
    edwards_key,
    elliptic_key,
    encode,
    jws,
    proof_claims,
    proof_header,
    rsa_key,
)

from bff_backoffice.security.verification_key import (
    NotAVerificationKey,
    VerificationKeys,
    thumbprint_of,
)

JWK = "proof.invalid:jwk"
EC_KEY = elliptic_key()
OKP_KEY = edwards_key()
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_PRIME = 2**255 - 19


@pytest.mark.parametrize("jwk", [ABSENT, None, "", "key", 0, 1, True, [], [{}], {}, {"kty": "EC"}])
async def test_a_key_that_is_no_key_is_refused(desk: Desk, jwk: object) -> None:
    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
@pytest.mark.parametrize("value", ["AAAA", "", None, 1])
async def test_a_private_member_is_refused_whatever_the_kind(
    desk: Desk, member: str, value: object
) -> None:
    jwk = {**desk.device_key.jwk, member: value}

    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "oct", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        rsa_key().jwk,
        {"kty": "OKP", "crv": "X25519", "x": encode(bytes(range(32)))},
        {"kty": "OKP", "crv": "Ed448", "x": encode(bytes(57))},
        {"kty": "OKP", "crv": "P-256", "x": encode(bytes(range(32)))},
        {"kty": "EC", "crv": "Ed25519", "x": encode(bytes(32)), "y": encode(bytes(32))},
    ],
    ids=["oct", "oct-as-ec", "akp", "rsa", "x25519", "ed448", "okp-p256", "ec-ed25519"],
)
async def test_a_key_of_another_kind_is_refused(desk: Desk, jwk: dict[str, object]) -> None:
    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


@pytest.mark.parametrize("value", [ABSENT, None, "", 1, True, ["AAAA"], "AAAA", "ec", "****"])
@pytest.mark.parametrize(
    ("key", "member"),
    [(EC_KEY, name) for name in ("kty", "crv", "x", "y")]
    + [(OKP_KEY, name) for name in ("kty", "crv", "x")],
    ids=lambda value: value.algorithm if isinstance(value, SigningKey) else value,
)
async def test_a_member_that_is_missing_or_wrong_is_refused(
    desk: Desk, key: SigningKey, value: object, member: str
) -> None:
    header: dict[str, object] = {"jwk": changed(key.jwk, {member: value})}

    assert await desk.refused_proof(desk.proof(key=key, header=header)) == JWK


@pytest.mark.parametrize("member", ["x", "y"])
@pytest.mark.parametrize(
    "spelling", ["pad", "zero_before", "zero_after", "shorter", "noncanonical"]
)
async def test_a_second_spelling_of_a_coordinate_is_refused(
    desk: Desk, member: str, spelling: str
) -> None:
    """It would give one key two thumbprints, and each of its proofs a second life."""
    text = str(desk.device_key.jwk[member])
    octets = urlsafe_b64decode(text + "=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    second = {
        "pad": text + "=",
        "zero_before": encode(b"\0" + octets),
        "zero_after": encode(octets + b"\0"),
        "shorter": encode(octets[1:]),
        "noncanonical": text[:-1] + alphabet[alphabet.index(text[-1]) | 1],
    }[spelling]
    jwk = {**desk.device_key.jwk, member: second}

    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


async def test_a_coordinate_keeps_its_leading_zeros() -> None:
    keys = (elliptic_key() for _ in range(20_000))
    with_zero = next(key for key in keys if urlsafe_b64decode(str(key.jwk["x"]) + "=")[0] == 0)
    desk = Desk(device_key=with_zero)

    await desk.admitted()


@pytest.mark.parametrize(
    ("x", "y"),
    [(0, 0), (1, 1), (P256_ORDER, 5), (2**256 - 1, 2**256 - 1)],
)
async def test_a_point_off_the_curve_is_refused(desk: Desk, x: int, y: int) -> None:
    jwk = {"kty": "EC", "crv": "P-256", "x": encode(x.to_bytes(32)), "y": encode(y.to_bytes(32))}

    assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


SMALL_ORDER = [
    0,
    1,
    ED25519_PRIME - 1,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    ED25519_PRIME,
    ED25519_PRIME + 1,
]


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_an_ed25519_key_of_small_order_or_in_a_second_spelling_is_refused(
    y: int, sign: int
) -> None:
    x = encode((y | sign).to_bytes(32, "little"))

    with pytest.raises(NotAVerificationKey):
        VerificationKeys().from_jwk({"kty": "OKP", "crv": "Ed25519", "x": x}, algorithm="EdDSA")


async def test_a_proof_that_anybody_can_sign_under_a_small_order_key_is_refused(
    desk: Desk,
) -> None:
    """R = identity and S = 0 verify for every message under the identity as public key."""
    identity = b"\x01" + bytes(31)
    weak = SigningKey(
        algorithm="EdDSA",
        jwk={"kty": "OKP", "crv": "Ed25519", "x": encode(identity)},
        sign=lambda _: identity + bytes(32),
    )

    assert await desk.refused_proof(desk.proof(key=weak)) == JWK


async def test_links_and_certificates_are_ignored(desk: Desk) -> None:
    extras: dict[str, object] = {
        "kid": "other", "x5c": ["AAAA"], "x5u": "https://evil.example/c",
        "jku": "https://evil.example/k", "x5t": "AAAA",
    }  # fmt: skip
    proof = desk.proof(header={**extras, "jwk": {**desk.device_key.jwk, **extras}})

    await desk.admitted(desk.offer(proof))


async def test_unknown_members_of_the_key_are_outside_its_thumbprint(desk: Desk) -> None:
    jwk: dict[str, object] = {
        "zzz": [1],
        **dict(reversed(desk.device_key.jwk.items())),
        "n": "AAAA",
    }

    await desk.admitted(desk.offer(desk.proof(header={"jwk": jwk})))


async def test_a_remembered_key_is_judged_anew_each_time(desk: Desk) -> None:
    """The table of parsed keys must not launder what a key says it is for."""
    await desk.admitted()
    for name, value in (("use", "enc"), ("d", "AAAA"), ("alg", "EdDSA"), ("key_ops", ["sign"])):
        jwk = {**desk.device_key.jwk, name: value}
        assert await desk.refused_proof(desk.proof(header={"jwk": jwk})) == JWK


def test_the_thumbprint_is_the_rfcs() -> None:
    """RFC 7638 §3.1 (RSA) and RFC 8037 A.3 (Ed25519)."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    rsa = thumbprint_of({"kty": "RSA", "n": modulus, "e": "AQAB"})
    edwards = thumbprint_of(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )

    assert rsa == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert edwards == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_table_of_parsed_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bff_backoffice.security.verification_key.PARSED_KEYS_MAX", 3)
    keys = VerificationKeys()
    for _ in range(10):
        keys.from_jwk(edwards_key().jwk, algorithm="EdDSA")  # type: ignore[arg-type]  # JSON all the same

    assert len(keys._parsed) == 3  # pyright: ignore[reportPrivateUsage] - behind the curtain


async def test_the_tokens_own_embedded_key_is_never_trusted(desk: Desk) -> None:
    attacker = edwards_key()
    header = desk.issuer.header(jwk=attacker.jwk, kid=desk.issuer.key_id)
    claims = desk.issuer.claims(desk.clock.epoch_seconds(), desk.device_key.thumbprint)
    forged = jws(header, claims, attacker.sign)

    assert await desk.refused(desk.offer_token(forged)) == "token.invalid:signature"


async def test_a_proof_of_another_key_is_not_this_tokens(desk: Desk) -> None:
    other = elliptic_key()
    claims = proof_claims(desk.clock.epoch_seconds(), desk.token, jti="another")
    proof = jws(proof_header(other), claims, other.sign)

    assert await desk.refused_proof(proof) == "token.invalid:key_mismatch"
