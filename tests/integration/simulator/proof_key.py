"""A client's proof key: makes DPoP proofs, right ones and wrong ones."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class ProofKey:
    """An ES256 key pair."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {
            "crv": "P-256",
            "kty": "EC",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
        }

    @property
    def thumbprint(self) -> str:
        return base64url(
            hashlib.sha256(json.dumps(self.jwk, separators=(",", ":")).encode()).digest()
        )

    def proof(self, method: str, url: str, **claims: object) -> str:
        """Sign a proof; `claims` replace what a good one says, None leaves one out."""
        body: dict[str, object] = {
            "jti": secrets.token_urlsafe(12),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),  # noqa: TID251 - a real client's clock
            **claims,
        }
        body = {name: value for name, value in body.items() if value is not None}
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk}
        signed = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(body).encode())}"
        r, s = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
