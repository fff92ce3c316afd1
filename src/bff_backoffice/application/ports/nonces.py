"""DPoP nonces of this service (RFC 9449 §9): stateless, shared by all instances."""

from typing import Protocol


class Nonces(Protocol):
    """Makes nonces bound to a device key and reads when one was made."""

    def issue(self, thumbprint: str, now_epoch_seconds: float) -> str:
        """Return a nonce for this key."""
        ...

    def issued_at(self, nonce: str, thumbprint: str, now_epoch_seconds: float) -> float | None:
        """Return when it was issued to this key, or None if it was not or is too old."""
        ...
