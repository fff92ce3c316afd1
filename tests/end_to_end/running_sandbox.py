"""A whole running sandbox, as `.sandbox/endpoints.json` describes it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

PROJECT: Final = Path(__file__).parents[2]
PORT_BASE: Final = 24_100
READY_SECONDS_MAX: Final = 180
STOPPED_SECONDS_MAX: Final = 60


class Operator(msgspec.Struct, frozen=True, rename="camel"):
    """One seeded person who can sign in."""

    id: str
    username: str
    password: str
    roles: tuple[str, ...]
    property_ids: tuple[str, ...]


class Tenant(msgspec.Struct, frozen=True, rename="camel"):
    """One seeded tenant."""

    id: str
    name: str
    operators: tuple[Operator, ...]


class Endpoints(msgspec.Struct, frozen=True, rename="camel"):
    """Where everything is."""

    bff: str
    base_path: str
    iam: str
    simulator_admin: str
    tenants: tuple[Tenant, ...]
    client: str | None = None

    @property
    def service(self) -> str:
        """Return the address that the service's routes hang on."""
        return self.bff + self.base_path

    def operator_with(self, role: str, *, tenant: int = 0) -> Operator:
        """Return a tenant's person who has this role and works at one property."""
        return next(
            operator
            for operator in self.tenants[tenant].operators
            if role in operator.roles and len(operator.property_ids) == 1
        )


def read_endpoints(path: Path) -> Endpoints:
    """Read an `endpoints.json`."""
    return msgspec.json.decode(path.read_bytes(), type=Endpoints)


@contextmanager
def started_sandbox(state_directory: Path) -> Generator[Endpoints]:
    """Start a sandbox of the test's own; nothing of it is left afterwards."""
    environment = {**os.environ, "SANDBOX_STATE_DIRECTORY": str(state_directory)}
    up = ["up", "--detach", "--port-base", str(PORT_BASE)]
    try:
        _sandbox(up, environment, seconds_max=READY_SECONDS_MAX)
        yield read_endpoints(state_directory / "endpoints.json")
    finally:
        _sandbox(["down"], environment, seconds_max=STOPPED_SECONDS_MAX)
        _remove_stores(state_directory)


def _remove_stores(state_directory: Path) -> None:
    """Remove the data that lies elsewhere because the servers' user cannot enter the directory."""
    pointer = state_directory / "store_home"
    if pointer.is_file():
        stores = Path(pointer.read_text(encoding="utf-8").strip())
        assert stores.name.startswith("stores-")
        shutil.rmtree(stores)


def _sandbox(arguments: list[str], environment: dict[str, str], *, seconds_max: int) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=PROJECT,
        env={**environment, "PYTHONPATH": str(PROJECT / "src")},
        timeout=seconds_max,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise AssertionError(f"sandbox {arguments[0]} failed: {finished.stderr}")
