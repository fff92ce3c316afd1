"""Cursors: the place under a MAC, so that every instance opens what another one sealed.

Layout, base64url without padding: 16 bytes of HMAC-SHA-256 over what it is bound to and the
place, then the place itself. It is readable to whoever decodes it: no secret and nobody's name
belongs into a place.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from bff_backoffice.foundation.secret_text import SecretText

MAC_BYTES: Final = 16
CURSOR_CHARACTERS_MAX: Final = 512


class MacCursors:
    """Implements Cursors."""

    def __init__(self, key: SecretText) -> None:
        self._key = key.reveal().encode()

    def seal(self, place: str, *, bound_to: str) -> str:
        """Return the cursor of this place."""
        octets = place.encode()
        sealed = self._mac(octets, bound_to) + octets
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open(self, cursor: str, *, bound_to: str) -> str | None:
        """Return the place, or None for anything that was not sealed for this."""
        if not cursor.isascii() or len(cursor) > CURSOR_CHARACTERS_MAX:
            return None
        try:
            sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            return None
        mac, place = sealed[:MAC_BYTES], sealed[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(place, bound_to)):
            return None
        return place.decode()

    def _mac(self, place: bytes, bound_to: str) -> bytes:
        bound = bound_to.encode()
        message = b"list-cursor" + len(bound).to_bytes(4) + bound + place
        return hmac.digest(self._key, message, hashlib.sha256)[:MAC_BYTES]
