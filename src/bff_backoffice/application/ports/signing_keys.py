"""Where iam's token-signing keys come from: iam itself, or the last good copy we stored."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKeySet:
    """A key set document as iam served it."""

    document: bytes
    fetched_at_epoch_seconds: float


class SigningKeySource(Protocol):
    """iam's JWKS endpoint."""

    async def fetch(self) -> bytes:
        """Return the document. Raises UpstreamFailure within the upstream's deadline."""
        ...


class SigningKeyStore(Protocol):
    """The last good set that any instance fetched. Fails: open (the set in memory goes on)."""

    async def latest(self) -> StoredKeySet | None:
        """Return the stored set, or None. Raises StoreUnavailable."""
        ...

    async def save(self, keys: StoredKeySet) -> None:
        """Keep this set unless a younger one is there. Raises StoreUnavailable."""
        ...
