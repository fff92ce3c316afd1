"""Public keys from JWKs, and what their signatures look like (RFC 7517, 7518, 8037, 9864).

A key is parsed once and kept in a bounded table: parsing costs as much as a verification.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bff_backoffice.foundation.strict_json import JsonObject, JsonValue
from bff_backoffice.security.jws import NotCompactJws, decode_base64url, encode_base64url

COORDINATE_BYTES: Final = 32
PARSED_KEYS_MAX: Final = 4096
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA_SHA256: Final = ec.ECDSA(SHA256())
_ED25519_PRIME: Final = 2**255 - 19
_ED25519_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _ED25519_PRIME - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)
"""The `y` of the eight points of small order: under such a key anybody can sign anything."""


class NotAVerificationKey(ValueError):  # noqa: N818 - reads as the fact it states
    """The JWK is not a public key of a kind this service takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationKey:
    """A public key, the algorithms it may be used with, and its RFC 7638 thumbprint."""

    algorithms: frozenset[str]
    thumbprint: str
    holds: Callable[[bytes, bytes], bool]
    """`holds(signature, signing_input)`: tell whether the signature is this key's."""


class VerificationKeys:
    """Turns JWKs into keys and remembers the last PARSED_KEYS_MAX of them."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[str, str, str, str], VerificationKey] = {}

    def from_jwk(self, jwk: JsonObject, *, algorithm: str) -> VerificationKey:
        """Return the public key, or raise NotAVerificationKey.

        Members that say what the key is for are honoured on every call, remembered or not.
        """
        if not PRIVATE_MEMBERS.isdisjoint(jwk):
            raise NotAVerificationKey("private member")
        if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
            raise NotAVerificationKey("use or alg")
        operations = jwk.get("key_ops", ["verify"])
        if not isinstance(operations, list) or "verify" not in operations:
            raise NotAVerificationKey("key_ops")
        key = self._remembered(jwk)
        if algorithm not in key.algorithms:
            raise NotAVerificationKey("algorithm and key disagree")
        return key

    def _remembered(self, jwk: JsonObject) -> VerificationKey:
        kind = _text(jwk, "kty")
        curve = _text(jwk, "crv")
        x = _text(jwk, "x")
        y = _text(jwk, "y") if kind == "EC" else ""
        identity = (kind, curve, x, y)
        key = self._parsed.get(identity)
        if key is None:
            parse = _PARSERS.get((kind, curve))
            if parse is None:
                raise NotAVerificationKey("kind of key")
            key = parse(x, y)
            if len(self._parsed) >= PARSED_KEYS_MAX:
                self._parsed.pop(next(iter(self._parsed)))
            self._parsed[identity] = key
        return key


def thumbprint_of(required_members: Mapping[str, str]) -> str:
    """Return the RFC 7638 thumbprint: SHA-256 over the required members in name order."""
    canonical = ",".join(
        f'"{name}":"{required_members[name]}"' for name in sorted(required_members)
    )
    return encode_base64url(hashlib.sha256(f"{{{canonical}}}".encode()).digest()).decode()


def _parse_p256(x: str, y: str) -> VerificationKey:
    point = b"\x04" + _coordinate(x) + _coordinate(y)
    try:
        public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise NotAVerificationKey("not on the curve") from error

    def holds(signature: bytes, signing_input: bytes) -> bool:
        if len(signature) != 2 * COORDINATE_BYTES:
            return False
        r = int.from_bytes(signature[:COORDINATE_BYTES])
        s = int.from_bytes(signature[COORDINATE_BYTES:])
        if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
            return False
        try:
            public_key.verify(encode_dss_signature(r, s), signing_input, _ECDSA_SHA256)
        except InvalidSignature:
            return False
        return True

    members = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return VerificationKey(
        algorithms=frozenset({"ES256"}), thumbprint=thumbprint_of(members), holds=holds
    )


def _parse_ed25519(x: str, _y: str) -> VerificationKey:
    try:
        octets = _coordinate(x)
        public_key = Ed25519PublicKey.from_public_bytes(octets)
    except ValueError as error:
        raise NotAVerificationKey("not an Ed25519 key") from error
    y = int.from_bytes(octets, "little") & ((1 << 255) - 1)
    if y >= _ED25519_PRIME or y in _ED25519_SMALL_ORDER:
        # The driver takes both: a second spelling of one key, and a key that proves nothing.
        raise NotAVerificationKey("not canonical, or of small order")

    def holds(signature: bytes, signing_input: bytes) -> bool:
        try:
            public_key.verify(signature, signing_input)
        except InvalidSignature:
            return False
        return True

    members = {"kty": "OKP", "crv": "Ed25519", "x": x}
    return VerificationKey(
        algorithms=frozenset({"EdDSA", "Ed25519"}), thumbprint=thumbprint_of(members), holds=holds
    )


_PARSERS: Final[dict[tuple[str, str], Callable[[str, str], VerificationKey]]] = {
    ("EC", "P-256"): _parse_p256,
    ("OKP", "Ed25519"): _parse_ed25519,
}

SUPPORTED_ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})


def _coordinate(text: str) -> bytes:
    try:
        octets = decode_base64url(text.encode("ascii"))
    except (NotCompactJws, UnicodeEncodeError) as error:
        raise NotAVerificationKey("coordinate") from error
    if len(octets) != COORDINATE_BYTES:
        raise NotAVerificationKey("coordinate length")
    return octets


def _text(jwk: JsonObject, member: str) -> str:
    value: JsonValue = jwk.get(member)
    if not isinstance(value, str):
        raise NotAVerificationKey(member)
    return value
