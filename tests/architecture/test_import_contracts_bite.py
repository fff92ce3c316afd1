"""Each import contract is broken on purpose, in a copy, to prove that it has not gone slack."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

PROJECT = Path(__file__).parents[2]
_LINT_SECONDS = 60
_SERVICE = "src/bff_backoffice"

# Contract → the file planted and what it imports. The file is new, so nothing imports it:
# only the contract meant for it may break.
PROBES = {
    "layers": {f"{_SERVICE}/telemetry/planted.py": "bff_backoffice.security.errors"},
    "no-skips": {f"{_SERVICE}/presentation/planted.py": "bff_backoffice.domain.principal"},
    "application-rows": {
        f"{_SERVICE}/application/ports/planted.py": "bff_backoffice.application.health"
    },
    "adapters-independent": {
        f"{_SERVICE}/infrastructure/cache/planted.py": "bff_backoffice.infrastructure.redis"
    },
    "pure-core": {f"{_SERVICE}/domain/planted.py": "prometheus_client"},
    "application-no-framework": {f"{_SERVICE}/application/health/planted.py": "starlette"},
    "one-door-jose": {f"{_SERVICE}/jobs/planted.py": "cryptography"},
    "one-door-postgres": {f"{_SERVICE}/infrastructure/signing/planted.py": "asyncpg"},
    "one-door-redis": {f"{_SERVICE}/infrastructure/cache/planted.py": "redis"},
    "one-door-http-out": {f"{_SERVICE}/infrastructure/redis/planted.py": "pyreqwest"},
    "one-door-traces": {f"{_SERVICE}/presentation/planted.py": "opentelemetry.trace"},
    "verifiers-one-door": {
        f"{_SERVICE}/application/mutations/planted.py": "bff_backoffice.security.dpop_proof"
    },
    "ports-stay-inside": {
        f"{_SERVICE}/jobs/planted.py": "bff_backoffice.application.ports.upstreams"
    },
    "settings-stay-home": {f"{_SERVICE}/cli/planted.py": "bff_backoffice.bootstrap.settings"},
    "parts-apart": {"src/readiness_gate/planted.py": "sandbox.ports"},
    "no-cycles": {
        f"{_SERVICE}/telemetry/planted.py": "bff_backoffice.telemetry.planted_too",
        f"{_SERVICE}/telemetry/planted_too.py": "bff_backoffice.telemetry.planted",
    },
}
FORBIDDEN_FOLDERS = ("utils", "common", "helpers", "core", "misc")


class Contract(msgspec.Struct):
    """What of a contract is asked about here."""

    id: str
    name: str
    forbidden_modules: tuple[str, ...] = ()


def contracts() -> list[Contract]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    return msgspec.convert(settings["tool"]["importlinter"]["contracts"], list[Contract])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(folder: Path) -> set[str]:
    finished = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(folder / "src"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        timeout=_LINT_SECONDS,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", finished.stdout, re.MULTILINE))
    names = {contract.name: contract.id for contract in contracts()}
    assert set(verdicts) == set(names), finished.stdout + finished.stderr
    return {names[name] for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_every_contract_has_a_probe() -> None:
    assert set(PROBES) == {contract.id for contract in contracts()}


def test_every_contract_holds_in_the_tree_as_it_is(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize("contract", sorted(PROBES))
def test_exactly_this_contract_breaks(copy: Path, contract: str) -> None:
    for file, imported in PROBES[contract].items():
        (copy / file).write_text(f"import {imported}\n", encoding="utf-8")

    assert broken_contracts(copy) == {contract}


@pytest.mark.parametrize("folder", FORBIDDEN_FOLDERS)
def test_a_folder_for_everything_and_nothing_is_caught(copy: Path, folder: str) -> None:
    package = copy / _SERVICE / folder
    package.mkdir()
    (package / "__init__.py").touch()

    assert broken_contracts(copy) == {"layers"}


def test_every_barred_package_is_installed() -> None:
    """A contract about a package that is not there guards nothing."""
    barred = {name for contract in contracts() for name in contract.forbidden_modules}
    packages = sorted({name.split(".")[0] for name in barred})

    assert [name for name in packages if find_spec(name) is None] == []
