"""A set of token-signing keys, as an issuer publishes it (RFC 7517 §5)."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.foundation.strict_json import NotStrictJson, parse_object
from bff_backoffice.security.verification_key import (
    NotAVerificationKey,
    VerificationKey,
    VerificationKeys,
)

KEY_SET_BYTES_MAX: Final = 64 * 1024
KEYS_MAX: Final = 32
TOKEN_ALGORITHM: Final = "EdDSA"  # noqa: S105 - the name of an algorithm


class NotAKeySet(ValueError):  # noqa: N818 - reads as the fact it states
    """The document is not a JWK Set with at least one key that may sign tokens here."""


@dataclass(frozen=True, slots=True)
class SigningKeySet:
    """The issuer's keys by `kid`. A key the issuer no longer publishes is not in a later set."""

    by_identifier: dict[str, VerificationKey]


def parse_key_set(document: bytes) -> SigningKeySet:
    """Read a JWK Set. Keys of other kinds or uses are passed over; none left is NotAKeySet."""
    try:
        members = parse_object(document, bytes_max=KEY_SET_BYTES_MAX).get("keys")
    except NotStrictJson as error:
        raise NotAKeySet("not strict JSON") from error
    if not isinstance(members, list) or len(members) > KEYS_MAX:
        raise NotAKeySet("no list of keys")
    parser = VerificationKeys()
    found: dict[str, VerificationKey] = {}
    for jwk in members:
        identifier = jwk.get("kid") if isinstance(jwk, dict) else None
        if not isinstance(jwk, dict) or not isinstance(identifier, str) or not identifier:
            continue
        try:
            found[identifier] = parser.from_jwk(jwk, algorithm=TOKEN_ALGORITHM)
        except NotAVerificationKey:
            continue
    if not found:
        raise NotAKeySet("no usable key")
    return SigningKeySet(found)
