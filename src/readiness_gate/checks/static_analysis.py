"""R2.1, R2.2: lint and types."""

import re
import sys
import tomllib

import msgspec

from readiness_gate.commands import CommandResult, python_tool
from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

TYPED_FOLDERS = ("src", "tests", "tools")
PYRIGHT = "node_modules/pyright/index.js"

_FOUND_SOMETHING = 1
_COUNT = re.compile(r"^Found \d|would be reformatted$|^\d+ errors?\b")


class _PyrightSettings(msgspec.Struct, rename="camel"):
    type_checking_mode: str = ""
    include: list[str] = []


def lint_is_clean(inspection: Inspection) -> Finding:
    """R2.1."""
    ruff = python_tool("ruff")
    return _all_clean(
        inspection.run(ruff, "check", "--no-cache", "--output-format=concise", "."),
        inspection.run(ruff, "format", "--no-cache", "--check", "."),
    )


def types_are_clean(inspection: Inspection) -> Finding:
    """R2.2. Both checkers must have looked, and both strictly, whatever the settings say."""
    if loosened := _loosened_pyright(inspection):
        return not_ready(loosened)
    folders = [folder for folder in TYPED_FOLDERS if (inspection.root / folder).is_dir()]
    mypy = inspection.run(python_tool("mypy"), "--strict", *folders)
    if mypy.exit_code != 0:
        return _all_clean(mypy)
    if not inspection.exists(PYRIGHT):
        return unknown(
            "mypy is clean; could not ask pyright, it is not installed", commands=(mypy.evidence,)
        )
    pyright = inspection.run("node", PYRIGHT, "--pythonpath", sys.executable)
    return _all_clean(mypy, pyright)


def _loosened_pyright(inspection: Inspection) -> str:
    project = tomllib.loads(inspection.text("pyproject.toml"))
    settings = msgspec.convert(project.get("tool", {}).get("pyright", {}), _PyrightSettings)
    if settings.type_checking_mode != "strict":
        return "pyright is not set to strict"
    if missing := sorted(set(TYPED_FOLDERS) - set(settings.include)):
        return f"pyright leaves out {', '.join(missing)}"
    return ""


def _all_clean(*results: CommandResult) -> Finding:
    commands = tuple(result.evidence for result in results)
    for result in results:
        name = " ".join(result.evidence.command[:2])
        if result.exit_code is None:
            return unknown(f"{name}: {result.failure}", commands=commands)
        lines = result.output.strip().splitlines() or ["(no output)"]
        if result.exit_code == _FOUND_SOMETHING:
            return not_ready(f"{name}: {_summary(lines)}", details=lines, commands=commands)
        if result.exit_code != 0:
            return unknown(f"{name} failed: {lines[-1]}", details=lines, commands=commands)
    return ready(commands=commands)


def _summary(lines: list[str]) -> str:
    # Hints follow the count; the count is what a reader wants first.
    return next((line for line in reversed(lines) if _COUNT.search(line)), lines[-1])
