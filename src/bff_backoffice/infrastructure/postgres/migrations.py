"""Bring the database to the schema of the numbered files in `migrations/`.

Safe to run by several deployers at once and again and again: one of them works, the others
wait and find nothing left to do. Each file is one transaction; its checksum is kept, so that a
file changed after it was applied is refused instead of silently ignored.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.secret_text import SecretText

_FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql", re.ASCII)
_ADVISORY_LOCK: Final = 0x6266_666D_6967_7261
_CONNECT_SECONDS: Final = 10.0
_OTHER_DEPLOYER_SECONDS: Final = 120.0
_OTHER_DEPLOYER_POLL_SECONDS: Final = 0.25
_PARTITION_MONTHS_AHEAD: Final = 14
_PARTITION_YEARS_AHEAD: Final = 3
# A statement that cannot get its lock soon gives up instead of queueing the service behind it.
_SESSION_SETTINGS: Final = {
    "application_name": "bff migrate",
    "lock_timeout": "5s",
    "statement_timeout": "300s",
    "idle_in_transaction_session_timeout": "60s",
}

_PREPARE: Final = """
create schema if not exists bff;
create table if not exists bff.schema_migrations (
    version     integer     primary key,
    name        text        not null,
    checksum    text        not null,
    applied_at  timestamptz not null default now()
);
"""


class MigrationRefused(Exception):  # noqa: N818 - a refusal, told to the person who deploys
    """The files and the database disagree about the past; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    statements: str
    checksum: str


def read_migrations(directory: Path) -> list[Migration]:
    """Read all files of the directory in order. Raises MigrationRefused on a gap or a stray."""
    migrations = [_read(path) for path in sorted(directory.glob("*.sql"))]
    if [migration.version for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise MigrationRefused("Migration numbers must run from 0001 without a gap.")
    if not migrations:
        raise MigrationRefused(f"No migrations found in {directory}.")
    return migrations


async def apply_migrations(
    owner_url: SecretText, migrations: list[Migration], clock: Clock
) -> list[Migration]:
    """Apply what is missing, as the owner role; return what was applied now.

    Raises MigrationRefused when an applied file has changed or the database knows more than the
    files, and the driver's error when a statement fails: that file is then rolled back whole.
    """
    connection = await _connect(owner_url)
    try:
        await _take_turn(connection, clock)
        await connection.execute(_PREPARE)
        missing = await _missing(connection, migrations)
        for migration in missing:
            await _apply(connection, migration)
        await connection.fetchval(
            "select bff.ensure_activity_partitions($1, $2)",
            clock.now().date(),
            _PARTITION_MONTHS_AHEAD,
        )
        await connection.fetchval(
            "select bff.ensure_lock_audit_partitions($1, $2)",
            clock.now().date(),
            _PARTITION_YEARS_AHEAD,
        )
    finally:
        await connection.close(timeout=_CONNECT_SECONDS)
    return missing


def _read(path: Path) -> Migration:
    matched = _FILE_NAME.fullmatch(path.name)
    if matched is None:
        raise MigrationRefused(f"{path.name} is not named NNNN_what_it_does.sql.")
    content = path.read_bytes()
    return Migration(
        version=int(matched[1]),
        name=matched[2],
        statements=content.decode(),
        checksum=hashlib.sha256(content).hexdigest(),
    )


async def _connect(owner_url: SecretText) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(
            owner_url.reveal(), timeout=_CONNECT_SECONDS, server_settings=_SESSION_SETTINGS
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        # Not the error's own text: it may quote the address, password and all.
        raise MigrationRefused(
            f"The database does not let us in ({type(error).__name__})."
        ) from error


async def _take_turn(connection: asyncpg.Connection, clock: Clock) -> None:
    # A session lock: it ends with the connection, however the connection ends.
    deadline = Deadline.after(_OTHER_DEPLOYER_SECONDS, clock)
    while not await connection.fetchval("select pg_try_advisory_lock($1)", _ADVISORY_LOCK):
        if deadline.has_passed():
            raise MigrationRefused("Another deployer has been migrating for too long.")
        await clock.sleep(_OTHER_DEPLOYER_POLL_SECONDS)


async def _missing(connection: asyncpg.Connection, migrations: list[Migration]) -> list[Migration]:
    rows = await connection.fetch(
        "select version, checksum from bff.schema_migrations order by version limit 10000"
    )
    applied = {row["version"]: row["checksum"] for row in rows}
    known = {migration.version for migration in migrations}
    if not applied.keys() <= known:
        raise MigrationRefused("The database has migrations that this release does not know.")
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationRefused(f"Migration {migration.version:04} changed after it ran.")
    return [migration for migration in migrations if migration.version not in applied]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.statements)
        await connection.execute(
            "insert into bff.schema_migrations (version, name, checksum) values ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.checksum,
        )
