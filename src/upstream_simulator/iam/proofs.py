"""DPoP proofs as iam checks them (RFC 9449 §4.3), whole."""

import hashlib
import math
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from upstream_simulator.documents import Document, NotAnObject, parse_object, to_json
from upstream_simulator.exchange import Call
from upstream_simulator.iam.signing_keys import base64url, base64url_bytes

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
PROOF_CHARACTERS_MAX: Final = 4096
JTI_CHARACTERS_MAX: Final = 256
AGE_SECONDS_MAX: Final = 90
"""The service checks a proof at 60 s and then forwards it; its way here takes time."""
AHEAD_SECONDS_MAX: Final = 15

_COORDINATE_BYTES: Final = 32
_JWK_MEMBERS: Final = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


class ProofRefused(Exception):  # noqa: N818 - a refusal of theirs, not an error of ours
    """The proof does not hold; `reason` comes from a closed list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """A proof that held and is now spent."""

    thumbprint: str


def verify_proof(call: Call, *, http_urls: tuple[str, ...]) -> VerifiedProof:
    """Verify and spend the call's one DPoP proof; raise ProofRefused.

    `http_urls` are the URLs that `htu` may name: ours, or those of the service that forwards.
    """
    values = call.header_values("dpop")
    if len(values) != 1:
        raise ProofRefused("missing" if not values else "repeated")
    if len(values[0]) > PROOF_CHARACTERS_MAX:
        raise ProofRefused("too_long")
    header, claims, signed, signature = _parsed(values[0])
    thumbprint = _verify_signature(header, signed=signed, signature=signature)
    _check_claims(claims, method=call.method, http_urls=http_urls)
    _check_freshness(claims, now=call.at.timestamp())
    _spend(call, thumbprint=thumbprint, jti=_jti(claims))
    return VerifiedProof(thumbprint=thumbprint)


def _parsed(proof: str) -> tuple[Document, Document, bytes, bytes]:
    parts = proof.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a compact JWS has three parts (RFC 7515 §3.1)
        raise ProofRefused("malformed")
    try:
        header = parse_object(base64url_bytes(parts[0]))
        claims = parse_object(base64url_bytes(parts[1]))
        signature = base64url_bytes(parts[2])
    except (ValueError, NotAnObject) as error:
        raise ProofRefused("malformed") from error
    return header, claims, f"{parts[0]}.{parts[1]}".encode(), signature


def _verify_signature(header: Document, *, signed: bytes, signature: bytes) -> str:
    jwk: object = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or "crit" in header or not isinstance(jwk, dict):
        raise ProofRefused("malformed")
    key = cast("Document", jwk)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS or "d" in key:
        raise ProofRefused("key")
    try:
        if algorithm == "ES256":
            _verify_es256(key, signed=signed, signature=signature)
        else:
            _verify_ed25519(key, signed=signed, signature=signature)
    except (ValueError, TypeError, KeyError, InvalidSignature) as error:
        raise ProofRefused("signature") from error
    return _thumbprint(key)


def _verify_es256(key: Document, *, signed: bytes, signature: bytes) -> None:
    if key["kty"] != "EC" or key["crv"] != "P-256" or len(signature) != 2 * _COORDINATE_BYTES:
        raise ValueError("not a P-256 key and signature")
    x, y = base64url_bytes(key["x"]), base64url_bytes(key["y"])
    if len(x) != _COORDINATE_BYTES or len(y) != _COORDINATE_BYTES:
        raise ValueError("coordinate length")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    r = int.from_bytes(signature[:_COORDINATE_BYTES], "big")
    s = int.from_bytes(signature[_COORDINATE_BYTES:], "big")
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))


def _verify_ed25519(key: Document, *, signed: bytes, signature: bytes) -> None:
    if key["kty"] != "OKP" or key["crv"] != "Ed25519":
        raise ValueError("not an Ed25519 key")
    Ed25519PublicKey.from_public_bytes(base64url_bytes(key["x"])).verify(signature, signed)


def _thumbprint(key: Document) -> str:
    """RFC 7638 §3.2."""
    members = {name: key[name] for name in _JWK_MEMBERS[key["kty"]]}
    return base64url(hashlib.sha256(to_json(members).encode()).digest())


def _check_claims(claims: Document, *, method: str, http_urls: tuple[str, ...]) -> None:
    if claims.get("htm") != method:
        raise ProofRefused("htm")
    htu = claims.get("htu")
    if not isinstance(htu, str) or _without_query(htu) not in map(_without_query, http_urls):
        raise ProofRefused("htu")
    if "ath" in claims:
        raise ProofRefused("ath")


def _without_query(url: str) -> tuple[str, str, str] | None:
    """Scheme and host without case, path exactly; query and fragment do not count."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme.lower(), parts.netloc.lower(), parts.path or "/"


def _check_freshness(claims: Document, *, now: float) -> None:
    issued_at: object = claims.get("iat")
    if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
        raise ProofRefused("iat")
    if not math.isfinite(issued_at):
        raise ProofRefused("iat")
    if not now - AGE_SECONDS_MAX <= issued_at <= now + AHEAD_SECONDS_MAX:
        raise ProofRefused("iat")


def _jti(claims: Document) -> str:
    jti: object = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= JTI_CHARACTERS_MAX:
        raise ProofRefused("jti")
    return jti


def _spend(call: Call, *, thumbprint: str, jti: str) -> None:
    connection = call.state.connection
    now = call.at.timestamp()
    connection.execute("DELETE FROM proofs WHERE until < ?", (now,))
    inserted = connection.execute(
        "INSERT OR IGNORE INTO proofs VALUES (?, ?)",
        (f"{thumbprint}:{jti}", now + AGE_SECONDS_MAX + AHEAD_SECONDS_MAX),
    )
    if inserted.rowcount == 0:
        raise ProofRefused("replayed")
