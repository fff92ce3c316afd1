"""The last good key set of the issuer. Fails open: the set in memory goes on."""

from datetime import UTC, datetime
from typing import Final

from bff_backoffice.application.ports.signing_keys import StoredKeySet
from bff_backoffice.infrastructure.postgres.database import Database

_LATEST: Final = (
    "select document::text as document, fetched_at from bff.signing_key_sets where issuer = $1"
)
_SAVE: Final = (
    "insert into bff.signing_key_sets as s (issuer, document, fetched_at)"
    " values ($1, $2::text::jsonb, $3)"
    " on conflict (issuer) do update"
    " set document = excluded.document, fetched_at = excluded.fetched_at"
    " where s.fetched_at < excluded.fetched_at"
)


class PostgresSigningKeyStore:
    """Implements SigningKeyStore for one issuer."""

    def __init__(self, database: Database, issuer: str) -> None:
        self._database = database
        self._issuer = issuer

    async def latest(self) -> StoredKeySet | None:
        """Return the stored set, or None."""
        row = await self._database.fetch_row(_LATEST, self._issuer)
        if row is None:
            return None
        return StoredKeySet(
            document=row["document"].encode(),
            fetched_at_epoch_seconds=row["fetched_at"].timestamp(),
        )

    async def save(self, keys: StoredKeySet) -> None:
        """Keep this set unless a younger one is there."""
        fetched_at = datetime.fromtimestamp(keys.fetched_at_epoch_seconds, UTC)
        await self._database.execute(_SAVE, self._issuer, keys.document.decode(), fetched_at)
