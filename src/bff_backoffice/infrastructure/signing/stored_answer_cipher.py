"""AES-256-GCM for what is stored for a while (NIST SP 800-38D).

Sealed form: one byte of format, four that name the key, twelve of nonce, then ciphertext and
tag. Keys rotate without an outage: the first seals, all of them open.
"""

import hashlib
import os
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bff_backoffice.application.ports.stored_answer_cipher import SealBroken

KEY_BYTES: Final = 32
_FORMAT: Final = b"\x01"
_KEY_NAME_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = len(_FORMAT) + _KEY_NAME_BYTES + _NONCE_BYTES


class AesGcmStoredAnswerCipher:
    """Implements StoredAnswerCipher. A random nonce is safe for 2^32 answers per key."""

    def __init__(
        self, keys: tuple[bytes, ...], random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        """Take the sealing key first, then older ones that only open. 32 bytes each."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError("a stored-answer key has exactly 32 bytes")
        self._ciphers = {_name_of(key): AESGCM(key) for key in keys}
        self._sealing_name = _name_of(keys[0])
        self._random_bytes = random_bytes

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Return the bytes encrypted and bound to the context."""
        header = _FORMAT + self._sealing_name
        nonce = self._random_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._sealing_name].encrypt(nonce, plain, header + context)
        return header + nonce + sealed

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return what was sealed. Raises SealBroken."""
        header = sealed[: len(_FORMAT) + _KEY_NAME_BYTES]
        cipher = self._ciphers.get(header[len(_FORMAT) :])
        if cipher is None or not header.startswith(_FORMAT):
            raise SealBroken("sealed with a key that this service does not hold")
        nonce = sealed[len(header) : _HEADER_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES:], header + context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("changed since, or sealed for something else") from error


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(b"stored-answer-key-name.v1" + key).digest()[:_KEY_NAME_BYTES]
