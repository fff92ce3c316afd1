import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.justified_any import every_any_is_justified, unjustified_lines
from readiness_gate.finding import Verdict


@pytest.mark.parametrize(
    "line",
    [
        "value: Any",
        "value: dict[str, Any] = {}",
        "def read() -> Any: ...",
        "async def read() -> 'Any': ...",
        "def read(value: 'list[Any]') -> None: ...",
        "value = cast('Any', 1)",
        "value = typing.cast('typing.Any', 1)",
        "value: typing.Any",
        "value = []  # type: list[Any]",
        "value: Any  # allow-any:",
        "value: Any  # allow-any",
        "value: Any  # because",
        "Alias = dict[str, 'Any']",
    ],
)
def test_any_without_a_reason_is_found(line: str) -> None:
    assert unjustified_lines(f"first = 1\n{line}\n") == [2]


@pytest.mark.parametrize(
    "line",
    [
        "from typing import Any",
        "value: Any  # allow-any: the driver types rows so",
        "value: typing.Any  # allow-any: the driver types rows so",
        "text = 'Any'",
        "# Any word in a comment",
        "'''Any docstring.'''",
        "value: 'Anything'",
        "value: Company",
    ],
)
def test_what_uses_no_any_or_says_why_is_left_alone(line: str) -> None:
    assert unjustified_lines(f"{line}\n") == []


def test_another_name_for_any_is_any() -> None:
    source = "from typing import Any as Whatever\nvalue: Whatever\nother: 'list[Whatever]'\n"

    assert unjustified_lines(source) == [2, 3]


def test_a_reason_on_another_line_justifies_nothing() -> None:
    assert unjustified_lines("# allow-any: the driver\nvalue: Any\n") == [2]


def test_a_planted_any_is_named_by_file_and_line(repository: Repository) -> None:
    repository.write("src/package/good.py", "value: int\n")
    repository.write("tests/bad.py", "value: int\nother: Any\n")

    finding = every_any_is_justified(repository.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.details == ("tests/bad.py:2",)


def test_sources_without_any_are_ready(repository: Repository) -> None:
    repository.write("src/package/good.py", "value: int\n")

    assert every_any_is_justified(repository.inspection()).verdict is Verdict.READY


def test_what_cannot_be_read_is_never_ready(repository: Repository) -> None:
    nothing = every_any_is_justified(repository.inspection())
    repository.write("src/broken.py", "def (\n")
    broken = every_any_is_justified(repository.inspection())

    assert nothing.verdict is Verdict.UNKNOWN
    assert broken.verdict is Verdict.NOT_READY
    assert "src/broken.py does not parse" in broken.reason
