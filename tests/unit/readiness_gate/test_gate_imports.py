import ast
import sys
from pathlib import Path

import readiness_gate

ALLOWED = sys.stdlib_module_names | {"msgspec", "readiness_gate"}
MODULES = sorted(Path(readiness_gate.__file__).parent.rglob("*.py"))


def imported_packages(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(module=str(name)):
                names.add(name.partition(".")[0])
            case _:
                pass
    return names


def test_the_gate_needs_nothing_but_the_standard_library_and_msgspec() -> None:
    """It judges what is installed, so it must not depend on it; least of all on the service."""
    assert len(MODULES) > 30
    for module in MODULES:
        assert imported_packages(module) <= ALLOWED, module.name
