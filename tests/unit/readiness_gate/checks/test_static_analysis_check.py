import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.static_analysis import PYRIGHT, lint_is_clean, types_are_clean
from readiness_gate.finding import Verdict

PROJECT = """[tool.pyright]
include = ["src", "tests", "tools"]
typeCheckingMode = "strict"
"""
CLEAN = '"""A module."""\n\nNUMBER: int = 1\n'


@pytest.fixture
def clean(repository: Repository) -> Repository:
    repository.write("pyproject.toml", PROJECT)
    repository.write("src/a.py", CLEAN)
    return repository


def plant_pyright(repository: Repository, exit_code: int) -> None:
    repository.write(PYRIGHT, f"console.log('{exit_code} errors'); process.exit({exit_code})")


def test_clean_sources_pass_the_lint(clean: Repository) -> None:
    finding = lint_is_clean(clean.inspection())

    assert finding.verdict is Verdict.READY
    assert [command.exit_code for command in finding.commands] == [0, 0]
    assert finding.commands[0].command[:2] == ("ruff", "check")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os\n", "ruff check: Found 1 error."),
        ("number = [ 1,2 ]\n", "ruff format: 1 file would be reformatted"),
    ],
)
def test_a_planted_fault_fails_the_lint(clean: Repository, text: str, reason: str) -> None:
    clean.write("src/a.py", text)

    finding = lint_is_clean(clean.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.reason.startswith(reason)


def test_a_linter_that_cannot_work_is_unknown(clean: Repository) -> None:
    clean.write("pyproject.toml", "[tool.ruff]\nno-such-setting = 1\n")

    assert lint_is_clean(clean.inspection()).verdict is Verdict.UNKNOWN


def test_a_planted_type_fault_is_found_even_where_the_settings_are_loose(
    clean: Repository,
) -> None:
    clean.write("src/a.py", "def untyped(value):\n    return value\n")
    plant_pyright(clean, 0)

    finding = types_are_clean(clean.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.reason.startswith("mypy --strict: Found 1 error")


def test_one_type_checker_alone_is_not_enough(clean: Repository) -> None:
    not_installed = types_are_clean(clean.inspection())
    plant_pyright(clean, 1)
    found = types_are_clean(clean.inspection())
    plant_pyright(clean, 3)
    broken = types_are_clean(clean.inspection())
    plant_pyright(clean, 0)
    both = types_are_clean(clean.inspection())

    assert (not_installed.verdict, not_installed.reason) == (
        Verdict.UNKNOWN,
        "mypy is clean; could not ask pyright, it is not installed",
    )
    assert found.verdict is Verdict.NOT_READY
    assert broken.verdict is Verdict.UNKNOWN
    assert both.verdict is Verdict.READY


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (PROJECT.replace("strict", "basic"), "pyright is not set to strict"),
        (PROJECT.replace('"tests", ', ""), "pyright leaves out tests"),
        ("", "pyright is not set to strict"),
    ],
)
def test_loosened_settings_are_not_ready(clean: Repository, settings: str, reason: str) -> None:
    clean.write("pyproject.toml", settings)

    finding = types_are_clean(clean.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, reason)
