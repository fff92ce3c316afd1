"""Keys, tokens and proofs made by hand: no library stands between a test and the wire."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Json = Mapping[str, object]
Sign = Callable[[bytes], bytes]
ABSENT: Final = object()
"""As a value: the member is left out."""

ULID: Final = "01HZX8QJ5T9W2V4Y6B8D0F2H4"
TENANT: Final = f"tnt_{ULID}A"
OPERATOR: Final = f"opr_{ULID}B"
DEVICE: Final = f"dev_{ULID}C"
SID: Final = f"ses_{ULID}D"
PROPERTY: Final = f"prop_{ULID}E"
ISSUER: Final = "https://iam.example"
AUDIENCE: Final = "bff-backoffice"
ORIGIN: Final = "https://bff.example"
PATH: Final = "/bff/backoffice/v1/session"


def encode(octets: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def encode_json(value: object) -> str:
    """Return a JWS segment of a value, or of text that is meant to be wrong."""
    text = value if isinstance(value, str) else json.dumps(value)
    return encode(text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key, how it signs, and the public JWK that goes with it."""

    algorithm: str
    jwk: dict[str, object]
    sign: Sign

    @property
    def thumbprint(self) -> str:
        """RFC 7638."""
        required = {"EC": "crv kty x y", "OKP": "crv kty x", "RSA": "e kty n"}
        names = required[str(self.jwk["kty"])].split()
        text = json.dumps({name: self.jwk[name] for name in names}, separators=(",", ":"))
        return encode(hashlib.sha256(text.encode()).digest())


def ecdsa_raw(der: bytes, coordinate_bytes: int) -> bytes:
    """Turn a DER signature into r || s."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(coordinate_bytes) + s.to_bytes(coordinate_bytes)


def elliptic_key(
    curve: ec.EllipticCurve | None = None, algorithm: str = "ES256", name: str = "P-256"
) -> SigningKey:
    """Make an ECDSA key; the digest follows the algorithm's name."""
    private = ec.generate_private_key(curve or ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    size = (private.curve.key_size + 7) // 8
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[
        algorithm[-3:] if algorithm[-3:].isdigit() else "256"
    ]
    return SigningKey(
        algorithm=algorithm,
        jwk={
            "kty": "EC",
            "crv": name,
            "x": encode(numbers.x.to_bytes(size)),
            "y": encode(numbers.y.to_bytes(size)),
        },
        sign=lambda octets: ecdsa_raw(private.sign(octets, ec.ECDSA(digest)), size),
    )


def edwards_key(algorithm: str = "EdDSA") -> SigningKey:
    """Make an Ed25519 key."""
    private = Ed25519PrivateKey.generate()
    x = encode(private.public_key().public_bytes_raw())
    return SigningKey(
        algorithm=algorithm, jwk={"kty": "OKP", "crv": "Ed25519", "x": x}, sign=private.sign
    )


def rsa_key(bits: int = 2048) -> SigningKey:
    """Make an RSA key, which nobody here may use."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    numbers = private.public_key().public_numbers()
    return SigningKey(
        algorithm="RS256",
        jwk={
            "kty": "RSA",
            "n": encode(numbers.n.to_bytes(bits // 8)),
            "e": encode(numbers.e.to_bytes(3)),
        },
        sign=lambda octets: private.sign(octets, padding.PKCS1v15(), hashes.SHA256()),
    )


def hmac_signature(secret: bytes, digest: str = "sha256") -> Sign:
    """Return what signs as HS256 and its like."""
    return lambda octets: hmac.digest(secret, octets, digest)


def jws(header: Json | str, payload: Json | str, sign: Sign) -> str:
    """Sign header and payload, whatever they are."""
    signing_input = f"{encode_json(header)}.{encode_json(payload)}"
    return f"{signing_input}.{encode(sign(signing_input.encode()))}"


def changed(members: Json, changes: Json) -> dict[str, object]:
    """Return the members with changes; ABSENT leaves one out."""
    return {name: value for name, value in {**members, **changes}.items() if value is not ABSENT}


def token_hash(token: str) -> str:
    """Return a token's `ath`."""
    return encode(hashlib.sha256(token.encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An iam of the test's own."""

    key: SigningKey = field(default_factory=edwards_key)
    key_id: str = "iam-1"

    def jwk(self, **changes: object) -> dict[str, object]:
        """Return the public key as iam publishes it."""
        members = {**self.key.jwk, "kid": self.key_id, "use": "sig", "alg": "EdDSA"}
        return changed(members, changes)

    def key_set(self) -> bytes:
        """Return the key set document."""
        return json.dumps({"keys": [self.jwk()]}).encode()

    def claims(self, now: float, thumbprint: str, **changes: object) -> dict[str, object]:
        """Return the claims of a token that holds."""
        second = int(now)
        members = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": second + 900,
            "nbf": second,
            "iat": second,
            "jti": "token-1",
            "client_id": "melmastoon-desktop",
            "sub": OPERATOR,
            "tid": TENANT,
            "device_id": DEVICE,
            "sid": SID,
            "roles": ["front_desk"],
            "property_ids": [PROPERTY],
            "acr": "1",
            "amr": ["pwd"],
            "auth_time": second,
            "cnf": {"jkt": thumbprint},
        }
        return changed(members, changes)

    def header(self, **changes: object) -> dict[str, object]:
        """Return the header of a token that holds."""
        return changed({"typ": "at+jwt", "alg": "EdDSA", "kid": self.key_id}, changes)

    def token(self, now: float, thumbprint: str, **claims: object) -> str:
        """Return a token for a device key."""
        return jws(self.header(), self.claims(now, thumbprint, **claims), self.key.sign)


def proof_header(key: SigningKey, **changes: object) -> dict[str, object]:
    """Return the header of a proof that holds."""
    return changed({"typ": "dpop+jwt", "alg": key.algorithm, "jwk": key.jwk}, changes)


def proof_claims(now: float, token: str | None, **changes: object) -> dict[str, object]:
    """Return the claims of a proof that holds for `GET` on ORIGIN + PATH."""
    members: dict[str, object] = {
        "htm": "GET",
        "htu": ORIGIN + PATH,
        "iat": int(now),
        "jti": "proof-1",
    }
    if token is not None:
        members["ath"] = token_hash(token)
    return changed(members, changes)
