"""DPoP nonces: time and key under a MAC, so that no instance needs to remember one.

Layout, base64url without padding: 8 bytes of milliseconds, 16 bytes of HMAC-SHA-256 over them
and the key's thumbprint. A nonce made for one key is none for another.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from bff_backoffice.foundation.secret_text import SecretText

NONCE_LIFETIME_SECONDS: Final = 300
TIME_BYTES: Final = 8
MAC_BYTES: Final = 16
NONCE_CHARACTERS: Final = 32


class MacNonces:
    """Implements Nonces. Every instance with the same key takes the others' nonces."""

    def __init__(self, key: SecretText) -> None:
        self._key = key.reveal().encode()

    def issue(self, thumbprint: str, now_epoch_seconds: float) -> str:
        """Return a nonce for this key."""
        time = int(now_epoch_seconds * 1000).to_bytes(TIME_BYTES)
        return urlsafe_b64encode(time + self._mac(time, thumbprint)).decode("ascii")

    def issued_at(self, nonce: str, thumbprint: str, now_epoch_seconds: float) -> float | None:
        """Return when it was issued to this key, or None if it was not or is too old."""
        if len(nonce) != NONCE_CHARACTERS or not nonce.isascii():
            return None
        try:
            octets = urlsafe_b64decode(nonce)
        except ValueError:
            return None
        if urlsafe_b64encode(octets).decode("ascii") != nonce:
            return None  # The decoder takes the standard alphabet too.
        time, mac = octets[:TIME_BYTES], octets[TIME_BYTES:]
        if not hmac.compare_digest(mac, self._mac(time, thumbprint)):
            return None
        issued_at = int.from_bytes(time) / 1000
        return issued_at if now_epoch_seconds - issued_at <= NONCE_LIFETIME_SECONDS else None

    def _mac(self, time: bytes, thumbprint: str) -> bytes:
        message = b"dpop-nonce" + time + thumbprint.encode()
        return hmac.digest(self._key, message, hashlib.sha256)[:MAC_BYTES]
