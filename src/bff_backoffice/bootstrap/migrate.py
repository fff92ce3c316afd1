"""Builds what `bff migrate` needs: the owner's connection and the files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bff_backoffice.bootstrap.settings import OwnerSettings, load
from bff_backoffice.foundation.clock import SystemClock
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


async def migrate_database(
    directory: Path | None = None, environment: Mapping[str, str] | None = None
) -> list[Migration]:
    """Apply what is missing and return it. Raises MigrationRefused or SettingsRefused."""
    settings = load(OwnerSettings, os.environ if environment is None else environment)
    migrations = read_migrations(directory or _default_directory())
    return await apply_migrations(settings.postgres_owner_url, migrations, SystemClock())


def _default_directory() -> Path:
    for place in _PLACES:
        if place.is_dir():
            return place
    raise MigrationRefused("The migrations directory is missing; give --directory.")
