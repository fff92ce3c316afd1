"""Encryption of what is stored for a while and may name a guest: answers, waiting commands."""

from typing import Protocol


class SealBroken(Exception):  # noqa: N818 - a fact about stored bytes
    """The bytes were not sealed by this service for this context, or were changed since."""


class StoredAnswerCipher(Protocol):
    """Seals bytes for one context; they open in no other."""

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Return the bytes encrypted and bound to the context."""
        ...

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return what was sealed. Raises SealBroken."""
        ...
