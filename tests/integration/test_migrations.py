"""Migrations: from nothing, again, at once, and refused when the past was changed."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from tests.database_urls import DatabaseUrls

from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.migrations import (
    Migration,
    MigrationRefused,
    apply_migrations,
    read_migrations,
)

pytestmark = pytest.mark.integration

MIGRATIONS = Path(__file__).parents[2] / "migrations"
OWNER_URL = "BFF_POSTGRES_OWNER_URL"
ROLES = ("bff_api", "bff_worker", "bff_retention", "bff_owner")


async def apply(urls: DatabaseUrls, migrations: list[Migration]) -> list[Migration]:
    return await apply_migrations(SecretText(urls.owner), migrations, SystemClock())


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'bff'")
    await connection.close()
    return {row["tablename"] for row in rows}


async def test_an_empty_database_gets_everything_and_a_second_run_nothing(
    empty_database: DatabaseUrls,
) -> None:
    migrations = read_migrations(MIGRATIONS)

    first = await apply(empty_database, migrations)
    second = await apply(empty_database, migrations)

    assert first == migrations
    assert second == []
    assert {"idempotency", "outbox", "operator_activity"} <= await tables(empty_database.owner)


async def test_deployers_at_once_apply_each_file_once(empty_database: DatabaseUrls) -> None:
    migrations = read_migrations(MIGRATIONS)

    done = await asyncio.gather(*(apply(empty_database, migrations) for _ in range(4)))

    assert sorted(len(applied) for applied in done) == [0, 0, 0, len(migrations)]


async def test_a_file_changed_after_it_ran_is_refused(
    empty_database: DatabaseUrls, tmp_path: Path
) -> None:
    copies = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copies)
    await apply(empty_database, read_migrations(copies))
    first = next(iter(sorted(copies.glob("*.sql"))))
    first.write_text(first.read_text() + "\n-- Another thought.\n")

    with pytest.raises(MigrationRefused, match="0001 changed"):
        await apply(empty_database, read_migrations(copies))


async def test_a_file_that_fails_leaves_nothing_of_itself(
    empty_database: DatabaseUrls, tmp_path: Path
) -> None:
    copies = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copies)
    count = len(read_migrations(copies))
    (copies / f"{count + 1:04}_half_done.sql").write_text(
        "create table bff.half_done (id integer);\nselect 1 / 0;\n"
    )

    with pytest.raises(asyncpg.DivisionByZeroError):
        await apply(empty_database, read_migrations(copies))

    assert "half_done" not in await tables(empty_database.owner)
    assert await apply(empty_database, read_migrations(MIGRATIONS)) == []


async def test_a_database_ahead_of_this_release_is_refused(database: DatabaseUrls) -> None:
    migrations = read_migrations(MIGRATIONS)

    with pytest.raises(MigrationRefused, match="does not know"):
        await apply(database, migrations[:-1])


@pytest.mark.parametrize("name", ["0002_second.sql", "1_first.sql", "0001-first.sql"])
def test_a_gap_or_a_stray_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("select 1;")

    with pytest.raises(MigrationRefused):
        read_migrations(tmp_path)


def test_a_folder_without_migrations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MigrationRefused):
        read_migrations(tmp_path)


async def test_no_role_goes_around_row_level_security(database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database.superuser)
    rows = await connection.fetch(
        "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = any ($1::text[])",
        list(ROLES),
    )
    await connection.close()

    assert {row["rolname"] for row in rows} == set(ROLES)
    assert not any(row["rolsuper"] or row["rolbypassrls"] for row in rows)


async def test_every_function_runs_as_its_caller_with_a_fixed_search_path(
    database: DatabaseUrls,
) -> None:
    connection = await asyncpg.connect(database.superuser)
    rows = await connection.fetch(
        "select proname, prosecdef, proconfig, proacl::text[] as acl from pg_proc"
        " where pronamespace = 'bff'::regnamespace"
    )
    await connection.close()

    assert rows
    for row in rows:
        assert not row["prosecdef"], row["proname"]
        assert any(setting.startswith("search_path=") for setting in row["proconfig"] or ())
        # An entry without a role before the `=` would be everybody's.
        assert not any(entry.startswith("=") for entry in row["acl"]), row["proname"]


async def test_there_is_a_partition_for_this_month_and_a_year_ahead(
    database: DatabaseUrls,
) -> None:
    now = SystemClock().now()
    names = await tables(database.owner)

    for ahead in range(13):
        year, month = divmod(now.year * 12 + now.month - 1 + ahead, 12)
        assert f"operator_activity_{year}_{month + 1:02}" in names
    assert "operator_activity_default" in names


def run_command(owner_url: str | None) -> subprocess.CompletedProcess[str]:
    main = "import sys; from bff_backoffice.cli.main import main; sys.exit(main())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(MIGRATIONS.parent / "src")}
    return subprocess.run(
        [sys.executable, "-c", main, "migrate"],
        env=environment if owner_url is None else environment | {OWNER_URL: owner_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_command_says_what_it_did(empty_database: DatabaseUrls) -> None:
    first = await asyncio.to_thread(run_command, empty_database.owner)
    second = await asyncio.to_thread(run_command, empty_database.owner)

    assert first.stdout.startswith("applied 0001 schema\n")
    assert second.stdout == "the database is up to date\n"
    assert first.returncode == second.returncode == 0


def test_the_command_without_an_owner_is_one_clear_line() -> None:
    refused = run_command(None)

    assert refused.returncode == 2
    assert refused.stderr == f"bff migrate: {OWNER_URL} is missing\n"


def test_the_command_without_a_database_is_one_clear_line() -> None:
    refused = run_command("postgresql://bff_owner:secret@127.0.0.1:1/bff")

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr
