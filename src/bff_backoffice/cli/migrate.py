"""`bff migrate`: bring the database to this release's schema."""

import argparse
import asyncio
import sys
from pathlib import Path

from bff_backoffice.bootstrap.migrate import migrate_database
from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.infrastructure.postgres.migrations import MigrationRefused


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "migrate",
        help="bring the database to this release's schema",
        description="Applies what is missing, as the owner role (BFF_POSTGRES_OWNER_URL).",
    )
    parser.add_argument(
        "--directory", type=Path, default=None, help="where the numbered SQL files lie"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Apply and say what was applied; 1 with one line when it is refused."""
    try:
        applied = asyncio.run(migrate_database(arguments.directory))
    except MigrationRefused as refusal:
        print(f"bff migrate: {refusal}", file=sys.stderr)
        return 1
    except SettingsRefused as refusal:
        print(f"bff migrate: {refusal}", file=sys.stderr)
        return 2
    for migration in applied:
        print(f"applied {migration.version:04} {migration.name}")
    print("the database is up to date" if not applied else f"{len(applied)} applied")
    return 0
