"""What lies where in `.sandbox/`, and who may use it."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.store_home import remove_store_home


class AlreadyRunningError(Exception):
    """Another supervisor uses this state directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDirectory:
    """The state of one sandbox. Mode 0700; its files are private too."""

    path: Path

    @property
    def logs(self) -> Path:
        """One log per part."""
        return self.path / "logs"

    @property
    def own_log(self) -> Path:
        """What a detached supervisor says."""
        return self.path / "sandbox.log"

    @property
    def ports(self) -> Path:
        """The ports, kept until `--fresh`."""
        return self.path / "ports.json"

    @property
    def secrets(self) -> Path:
        """Every generated password and key."""
        return self.path / "secrets.json"

    @property
    def secret_files(self) -> Path:
        """One file per secret setting, as a cluster would mount them."""
        return self.path / "mounted_secrets"

    @property
    def service_settings(self) -> Path:
        """The settings of the service, for `bff` started by hand."""
        return self.path / "service.env"

    @property
    def endpoints(self) -> Path:
        """Where everything is, while all of it is ready."""
        return self.path / "endpoints.json"

    @property
    def supervisor(self) -> Path:
        """The running supervisor's process and socket."""
        return self.path / "supervisor.json"

    @property
    def processes(self) -> Path:
        """Which processes run."""
        return self.path / "processes.json"

    @property
    def simulator(self) -> Path:
        """The simulator's own state."""
        return self.path / "simulator"

    @property
    def client_settings(self) -> Path:
        """What the desktop client reads as `/config.json`."""
        return self.path / "client_config.json"

    @property
    def balancer_settings(self) -> Path:
        """What the balancer is told, where there are several instances."""
        return self.path / "balancer.json"

    @contextmanager
    def locked(self) -> Generator[int]:
        """Use it alone; yields the lock's descriptor. Raises AlreadyRunningError.

        The lock lasts as long as any process holds the descriptor, and ends with the last.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(str(self.path)) from None
        else:
            yield descriptor
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Tell whether a supervisor uses it."""
        if not self._lock.exists():
            return False
        try:
            with self.locked():
                return False
        except AlreadyRunningError:
            return True

    def prepare(self, *, is_fresh: bool) -> None:
        """Make its folders, after forgetting everything where a fresh start is wanted."""
        if is_fresh:
            remove_store_home(self.path)
            for entry in self.path.iterdir():
                if entry not in {self._lock, self.own_log}:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for folder in (self.logs, self.secret_files, self.simulator):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.endpoints.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        return self.path / "lock"
