"""The last good key set in memory."""

from dataclasses import dataclass

from bff_backoffice.application.ports.signing_keys import StoredKeySet
from bff_backoffice.application.ports.unavailable import StoreUnavailable


@dataclass(slots=True)
class FakeSigningKeyStore:
    """Implements SigningKeyStore."""

    stored: StoredKeySet | None = None
    is_down: bool = False

    async def latest(self) -> StoredKeySet | None:
        if self.is_down:
            raise StoreUnavailable
        return self.stored

    async def save(self, keys: StoredKeySet) -> None:
        if self.is_down:
            raise StoreUnavailable
        if (
            self.stored is None
            or self.stored.fetched_at_epoch_seconds < keys.fetched_at_epoch_seconds
        ):
            self.stored = keys
