"""iam's Ed25519 signing key, made once per state directory, and the tokens it signs."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from upstream_simulator.documents import Document, to_json
from upstream_simulator.state import State

KEY_FACT: Final = "iam.signing_key"
REFRESH_SEAL_FACT: Final = "iam.refresh_seal"


def base64url(content: bytes) -> str:
    """Encode without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def base64url_bytes(text: str) -> bytes:
    """Decode without padding; raise ValueError for anything outside the alphabet."""
    if "=" in text:
        raise ValueError("padding")
    padded = text + "=" * (-len(text) % 4)
    decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
    if base64url(decoded) != text:
        raise ValueError("not the canonical encoding")
    return decoded


class SigningKeys:
    """Signs; deterministic (RFC 8032), so the same claims give the very same token."""

    def __init__(self, state: State) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(_secret(state, KEY_FACT))
        self._refresh_seal = _secret(state, REFRESH_SEAL_FACT)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64url(public)
        self.kid = "sandbox-" + hashlib.sha256(public).hexdigest()[:16]

    def jwks(self) -> Document:
        """Return the public keys (RFC 7517, RFC 8037)."""
        key = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": self._x,
            "kid": self.kid,
            "use": "sig",
            "alg": "EdDSA",
        }
        return {"keys": [key]}

    def access_token(self, claims: Document) -> str:
        """Sign an access token (RFC 9068)."""
        header = {"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid}
        signed = f"{base64url(to_json(header).encode())}.{base64url(to_json(claims).encode())}"
        return f"{signed}.{base64url(self._private.sign(signed.encode()))}"

    def refresh_token(self, refresh_id: str) -> str:
        """Return the refresh token of this id: nothing secret of it needs to be stored."""
        seal = hmac.digest(self._refresh_seal, refresh_id.encode(), "sha256")
        return f"{refresh_id}.{base64url(seal)}"

    def refresh_id(self, refresh_token: str) -> str | None:
        """Return the id in a refresh token that we made, None for any other text."""
        refresh_id = refresh_token.partition(".")[0]
        ours = self.refresh_token(refresh_id)
        return refresh_id if hmac.compare_digest(ours.encode(), refresh_token.encode()) else None


def _secret(state: State, name: str) -> bytes:
    known = state.fact(name)
    if known is None:
        known = secrets.token_hex(32)
        with state.transaction():
            state.remember(name, known)
    return bytes.fromhex(known)
