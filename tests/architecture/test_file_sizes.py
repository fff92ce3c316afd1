"""A file is one topic and a function fits a screen; what grows past that is split."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
_FILE_LINES_MAX = 400
_TEST_FILE_LINES_MAX = 600
_FUNCTION_LINES_MAX = 70
_SUFFIXES = {".py", ".ts", ".tsx", ".sql", ".lua", ".css", ".sh"}


def _project_files() -> Iterator[Path]:
    """Yield what belongs to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = PROJECT / name
        if path.suffix in _SUFFIXES and path.is_file():
            yield path


def _lines_max(path: Path) -> int:
    return _TEST_FILE_LINES_MAX if "tests" in path.relative_to(PROJECT).parts else _FILE_LINES_MAX


def _long_functions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > _FUNCTION_LINES_MAX:
                yield f"line {node.lineno}: {node.name} has {lines} lines"


def test_no_file_is_longer_than_its_topic_bears() -> None:
    too_long = [
        f"{path.relative_to(PROJECT)} has {lines} lines"
        for path in _project_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > _lines_max(path)
    ]

    assert too_long == []


def test_no_function_is_longer_than_a_screen() -> None:
    paths = [path for path in _project_files() if path.suffix == ".py"]

    too_long = {
        str(path.relative_to(PROJECT)): found
        for path in paths
        if (found := list(_long_functions(path.read_text(encoding="utf-8"))))
    }

    assert paths
    assert too_long == {}


@pytest.mark.parametrize(("lines", "is_found"), [(70, False), (71, True)])
def test_the_rule_for_functions_bites(lines: int, *, is_found: bool) -> None:
    source = "def planted() -> None:\n" + "    pass\n" * (lines - 1)

    assert bool(list(_long_functions(source))) is is_found
