"""The written walk of a request names symbols; its list must say where they really are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALK = (ROOT / "docs/request_walk.md").read_text("utf-8")
PROSE, _, LIST = WALK.partition("## Where each is")
ROWS = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", LIST, re.MULTILINE))
SYMBOL = re.compile(r"`([A-Z][A-Za-z]+|[a-z]+_[a-z_]+(?:\.lua)?)`")


def test_every_symbol_of_the_list_is_defined_in_its_file() -> None:
    missing = [symbol for symbol, file in ROWS.items() if not _is_defined(symbol, ROOT / file)]

    assert ROWS
    assert missing == []


def test_every_symbol_of_the_prose_is_on_the_list() -> None:
    named = set(SYMBOL.findall(PROSE))

    assert named - ROWS.keys() == set()
    assert ROWS.keys() - named == set()


def _is_defined(symbol: str, file: Path) -> bool:
    if symbol == file.name:
        return file.is_file()
    definition = re.compile(rf"^(?:class|def|async def) {symbol}\b", re.MULTILINE)
    return file.is_file() and definition.search(file.read_text("utf-8")) is not None
