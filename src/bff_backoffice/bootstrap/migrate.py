"""Builds what `bff migrate` needs: the owner's connection and the files."""

import os
from pathlib import Path
from typing import Final

from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.migrations import (
    Migration,
    MigrationRefused,
    apply_migrations,
    read_migrations,
)

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_PLACES: Final = (
    _PACKAGE / "migrations",  # inside the installed wheel
    _PACKAGE.parents[1] / "migrations",  # in a working tree
)
_OWNER_URL: Final = "BFF_POSTGRES_OWNER_URL"


async def migrate_database(directory: Path | None = None) -> list[Migration]:
    """Apply what is missing and return it. Raises MigrationRefused."""
    migrations = read_migrations(directory or _default_directory())
    return await apply_migrations(_owner_url(), migrations, SystemClock())


def _default_directory() -> Path:
    for place in _PLACES:
        if place.is_dir():
            return place
    raise MigrationRefused("The migrations directory is missing; give --directory.")


def _owner_url() -> SecretText:
    mounted = os.environ.get(f"{_OWNER_URL}_FILE")
    value = Path(mounted).read_text().strip() if mounted else os.environ.get(_OWNER_URL, "")
    if not value:
        raise MigrationRefused(f"{_OWNER_URL} (or {_OWNER_URL}_FILE) is not set.")
    return SecretText(value)
