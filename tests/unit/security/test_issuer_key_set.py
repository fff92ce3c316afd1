"""Reading a JWK Set as an issuer publishes it (RFC 7517 §5)."""

import json

import pytest
from tests.tokens import ABSENT, Issuer, edwards_key, elliptic_key, rsa_key

from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.security.access_token import read_access_token
from bff_backoffice.security.errors import TokenRefused
from bff_backoffice.security.signing_keys import (
    KEY_SET_BYTES_MAX,
    KEYS_MAX,
    NotAKeySet,
    parse_key_set,
)
from bff_backoffice.security.verification_key import VerificationKeys


def document(*keys: object) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


def test_each_key_is_found_by_its_name() -> None:
    first, second = Issuer(key_id="iam-1"), Issuer(key_id="iam-2")
    keys = parse_key_set(document(first.jwk(), second.jwk())).by_identifier

    assert keys["iam-1"].thumbprint == first.key.thumbprint
    assert keys["iam-2"].thumbprint == second.key.thumbprint


@pytest.mark.parametrize(
    "changes",
    [
        {"use": "enc"}, {"key_ops": ["sign"]}, {"alg": "ES256"}, {"alg": "Ed25519"}, {"d": "AAAA"},
        {"kid": ABSENT}, {"kid": ""}, {"kid": 1}, {"kty": "EC"}, {"crv": "X25519"}, {"x": "AAAA"},
    ],
)  # fmt: skip
def test_a_key_that_may_not_sign_tokens_is_passed_over(changes: dict[str, object]) -> None:
    good = Issuer(key_id="good")

    keys = parse_key_set(document(Issuer().jwk(**changes), good.jwk())).by_identifier

    assert list(keys) == ["good"]
    with pytest.raises(NotAKeySet):
        parse_key_set(document(Issuer().jwk(**changes)))


@pytest.mark.parametrize("key", [None, 1, "key", [], rsa_key().jwk, elliptic_key().jwk])
def test_what_is_no_key_of_ours_is_passed_over(key: object) -> None:
    assert list(parse_key_set(document(key, Issuer().jwk())).by_identifier) == ["iam-1"]


def test_a_key_without_purpose_is_taken() -> None:
    bare = Issuer().jwk(use=ABSENT, alg=ABSENT)

    assert list(parse_key_set(document(bare)).by_identifier) == ["iam-1"]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"{}", b'{"keys": null}', b'{"keys": {}}', b'{"keys": []}', b'{"keys": NaN}',
        b'{"keys": [], "keys": []}', b"\xff", document(*[Issuer().jwk()] * (KEYS_MAX + 1)),
        b" " * (KEY_SET_BYTES_MAX + 1),
    ],
)  # fmt: skip
def test_a_document_that_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(NotAKeySet):
        parse_key_set(text)


def test_an_oversized_token_is_refused_by_the_reader_itself() -> None:
    with pytest.raises(TokenRefused) as refusal:
        read_access_token("a" * 8193)
    assert refusal.value.reason == "too_long"


def test_a_key_holds_only_what_it_signed() -> None:
    for made in (edwards_key(), elliptic_key()):
        key = VerificationKeys().from_jwk(made.jwk, algorithm=made.algorithm)  # type: ignore[arg-type]  # JSON all the same
        signature = made.sign(b"message")
        assert key.holds(signature, b"message")
        assert not key.holds(signature, b"massage")
        assert not key.holds(b"", b"message")


def test_the_machines_clock_agrees_with_itself() -> None:
    clock = SystemClock()

    assert abs(clock.now().timestamp() - clock.epoch_seconds()) < 1
    assert clock.monotonic_seconds() <= clock.monotonic_seconds()
