"""The proof's three segments and their JSON (RFC 7515 §3.1, RFC 8259)."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest
from tests.access_desk import Desk
from tests.tokens import encode, proof_claims, proof_header, token_hash

SHAPE = "proof.invalid:shape"


def segments(desk: Desk) -> list[str]:
    return desk.proof().split(".")


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 64])
async def test_a_proof_of_another_number_of_segments_is_refused(desk: Desk, count: int) -> None:
    parts = segments(desk)
    proof = ".".join([*parts, "AAAA", "AAAA", *["AAAA"] * 59][:count]) or "."

    assert await desk.refused_proof(proof) == SHAPE


async def test_a_trailing_dot_is_a_fourth_segment(desk: Desk) -> None:
    assert await desk.refused_proof(desk.proof() + ".") == SHAPE


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_an_empty_segment_is_refused(desk: Desk, place: int) -> None:
    parts = segments(desk)
    parts[place] = ""

    assert await desk.refused_proof(".".join(parts)) == SHAPE


async def test_the_json_serialisation_is_refused(desk: Desk) -> None:
    protected, payload, signature = segments(desk)
    proof = json.dumps({"protected": protected, "payload": payload, "signature": signature})

    assert await desk.refused_proof(proof) == SHAPE


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("segment", ["////", "++++", "A", "A=", "AAA=", "*A*A", "\u00e9AAA"])
async def test_a_segment_that_is_not_base64url_is_refused(
    desk: Desk, place: int, segment: str
) -> None:
    parts = segments(desk)
    parts[place] = segment

    assert await desk.refused_proof(".".join(parts)) == SHAPE


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("blank", ["\n", "\r\n", " ", "\t", "\x00", "\x0b"])
async def test_a_blank_inside_a_segment_is_refused(desk: Desk, place: int, blank: str) -> None:
    parts = segments(desk)
    parts[place] = parts[place][:4] + blank + parts[place][4:]

    assert await desk.refused_proof(".".join(parts)) == SHAPE


async def test_padding_and_the_standard_alphabet_are_refused(desk: Desk) -> None:
    octets = desk.device_key.sign(b"x")[:-1] + b"\xfb"
    header, payload, _ = segments(desk)
    padded = urlsafe_b64encode(octets + b"\xff").decode()
    standard = b64encode(b"\xfb\xff\xfe" * 21 + b"\xfb").decode().rstrip("=")

    assert await desk.refused_proof(f"{header}.{payload}.{padded}") == SHAPE
    assert await desk.refused_proof(f"{header}.{payload}.{standard}") == SHAPE


async def test_unused_bits_of_the_last_character_must_be_zero(desk: Desk) -> None:
    """64 octets leave four unused bits: fifteen more spellings of each signature."""
    header, payload, signature = segments(desk)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    for bits in range(1, 16):
        twin = signature[:-1] + alphabet[(last & 0b110000) | bits]
        assert await desk.refused_proof(f"{header}.{payload}.{twin}") == SHAPE


NOT_OBJECTS = ["[]", "1", '"text"', "null", "true", "", "{", "{}}", "{} x", "{}{}", "\ufeff{}"]


@pytest.mark.parametrize("text", [*NOT_OBJECTS, "{'a': 1}", '{"a": 1,}', '{"a": "\n"}'])
@pytest.mark.parametrize("part", ["header", "claims"])
async def test_a_part_that_is_not_one_json_object_is_refused(
    desk: Desk, part: str, text: str
) -> None:
    proof = desk.proof(header=text) if part == "header" else desk.proof(claims=text)

    assert await desk.refused_proof(proof) == SHAPE


@pytest.mark.parametrize("octets", [b"\xff{}", b'{"jti": "\xc3"}', b'{"a": "\xed\xa0\x80"}'])
async def test_invalid_utf8_is_refused(desk: Desk, octets: bytes) -> None:
    header, _, _ = segments(desk)
    signing_input = f"{header}.{encode(octets)}"
    signature = encode(desk.device_key.sign(signing_input.encode()))

    assert await desk.refused_proof(f"{signing_input}.{signature}") == SHAPE


def raw_header(desk: Desk, extra: str = "") -> str:
    text = json.dumps(proof_header(desk.device_key))
    return text[:-1] + extra + "}"


def raw_claims(desk: Desk, extra: str = "") -> str:
    text = json.dumps(proof_claims(desk.clock.epoch_seconds(), desk.token))
    return text[:-1] + extra + "}"


@pytest.mark.parametrize("extra", [', "alg": "none"', ', "alg": "ES256"', ', "jwk": {}'])
async def test_a_header_member_that_comes_twice_is_refused(desk: Desk, extra: str) -> None:
    assert await desk.refused_proof(desk.proof(header=raw_header(desk, extra))) == SHAPE


@pytest.mark.parametrize("name", ["htu", "htm", "jti", "ath", "iat"])
async def test_a_claim_that_comes_twice_is_refused(desk: Desk, name: str) -> None:
    value = json.dumps(proof_claims(desk.clock.epoch_seconds(), desk.token)[name])
    repeated = raw_claims(desk, f', "{name}": {value}')

    assert await desk.refused_proof(desk.proof(claims=repeated)) == SHAPE


async def test_a_member_twice_inside_the_key_is_refused(desk: Desk) -> None:
    header = json.dumps(proof_header(desk.device_key)).replace('"kty"', '"kty": "EC", "kty"')

    assert await desk.refused_proof(desk.proof(header=header)) == SHAPE


async def test_a_member_twice_is_seen_through_an_escaped_name(desk: Desk) -> None:
    repeated = raw_claims(desk, ', "\\u006ati": "other"')

    assert await desk.refused_proof(desk.proof(claims=repeated)) == SHAPE


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"typ"', '"Typ"', "typ"),
        ('"alg"', '"Alg"', "alg"),
        ('"alg"', '"ALG"', "alg"),
        ('"jwk"', '"JWK"', "jwk"),
    ],
)
async def test_a_header_name_in_other_case_is_not_the_member(
    desk: Desk, old: str, new: str, reason: str
) -> None:
    proof = desk.proof(header=raw_header(desk).replace(old, new, 1))

    assert await desk.refused_proof(proof) == f"proof.invalid:{reason}"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("htu", "htu"), ("htm", "htm"), ("jti", "jti"), ("ath", "ath"), ("iat", "time")],
)
async def test_a_claim_name_in_other_case_is_not_the_claim(
    desk: Desk, name: str, reason: str
) -> None:
    proof = desk.proof(claims=raw_claims(desk).replace(f'"{name}"', f'"{name.upper()}"', 1))

    assert await desk.refused_proof(proof) == f"proof.invalid:{reason}"


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e999",
        "1" * 21,
        "-" + "9" * 2000,
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '{"\\udfff": 1}',
        "[" * 1000 + "]" * 1000,
        '{"a":' * 300 + "1" + "}" * 300 + "]",
        "'text'",
        "undefined",
        "// comment\n1",
    ],
)
@pytest.mark.parametrize("part", ["header", "claims"])
async def test_a_value_that_is_not_strict_json_is_refused(
    desk: Desk, part: str, value: str
) -> None:
    extra = f', "extra": {value}'
    proof = (
        desk.proof(header=raw_header(desk, extra))
        if part == "header"
        else desk.proof(claims=raw_claims(desk, extra))
    )

    assert await desk.refused_proof(proof) == SHAPE


async def test_every_depth_of_nesting_is_read_or_refused_and_never_more(desk: Desk) -> None:
    """An escape makes the reader look at the value once more, from another depth of the stack."""
    for depth in range(880, 1000):
        nested = "[" * depth + "]" * depth
        claims = f'{{"jti": "\\u0041", "a": {nested}}}'
        refusal = await desk.refused_proof(desk.proof(claims=claims))
        assert refusal.startswith("proof.invalid:")


async def test_a_5000_digit_integer_costs_nothing(desk: Desk) -> None:
    proof = desk.proof(claims=raw_claims(desk, f', "n": {"7" * 5000}'))

    assert await desk.refused_proof(proof) == "proof.invalid:too_long"


@pytest.mark.parametrize(
    "crit", [["exp"], ["b64"], [], "exp", [1], None, {"a": 1}, ["http://example.com/unknown"]]
)
async def test_any_critical_extension_is_refused(desk: Desk, crit: object) -> None:
    assert await desk.refused_proof(desk.proof(header={"crit": crit})) == "proof.invalid:crit"


@pytest.mark.parametrize("b64", [False, True, None])
async def test_an_unencoded_payload_is_refused(desk: Desk, b64: object) -> None:
    assert await desk.refused_proof(desk.proof(header={"b64": b64})) == "proof.invalid:crit"


async def test_surrogate_pairs_and_other_unicode_are_fine(desk: Desk) -> None:
    await desk.admitted(desk.offer(desk.proof(claims={"note": "\U0001f511 \u062f\u0631\u06cc"})))


async def test_extra_members_are_ignored(desk: Desk) -> None:
    proof = desk.proof(
        header={"kid": "x", "x5u": "https://evil.example/", "jku": "https://evil.example/"},
        claims={"sub": "anybody", "aud": "anything", "a": [{"b": [1.5, None, True]}]},
    )

    await desk.admitted(desk.offer(proof))


def test_the_toolkit_makes_what_the_rfc_shows() -> None:
    """RFC 9449 §7.1: the `ath` of its example token."""
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"

    assert token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
