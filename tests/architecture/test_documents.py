"""What the documents say about one another is true."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(PROJECT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "services/**/*.md")
    for path in PROJECT.glob(pattern)
)
GLOSSARY = PROJECT / "docs" / "glossary.md"

_FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)")
_FILE = re.compile(
    r"`((?:\.ci|benchmarks|clients|docs|migrations|openapi|packages|src|tests|tools)/[\w./-]+)`"
)
_HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
_OUTSIDE = re.compile(r"[a-z][a-z+.-]*:", re.ASCII)


def prose(page: Path) -> str:
    """Return the page without its code, in which a bracket is no link."""
    return _CODE.sub("", _FENCED.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the places of a page that one can link to, named as GitHub names them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, *, root: Path) -> list[str]:
    """Return the page's links that ought to lead inside the root, and do not."""
    inside = [link for link in _LINK.findall(prose(page)) if not _OUTSIDE.match(link)]
    return [link for link in inside if not leads_somewhere(link, page=page, root=root)]


def leads_somewhere(link: str, *, page: Path, root: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists() or not target.resolve().is_relative_to(root):
        return False
    return not anchor or anchor in anchors(target)


def glossary_column(number: int) -> list[str]:
    """Return a column of the glossary's tables, without their headings."""
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", prose(GLOSSARY), re.MULTILINE)
    return [row[number] for row in rows if row[0] != "word"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_inside_the_repository_leads_somewhere(document: str) -> None:
    assert broken_links(PROJECT / document, root=PROJECT) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    named = _FILE.findall((PROJECT / document).read_text(encoding="utf-8"))

    assert [path for path in named if not (PROJECT / path).exists()] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "there.md").write_text("# A heading: here\n")
    page.write_text(
        "[a](there.md) [b](gone.md) [c](there.md#a-heading-here) [d](there.md#gone) "
        "[e](https://example.test/gone.md) `[f](code.md)` [g](../outside.md)\n"
        "```\n[h](fenced.md)\n```\n"
    )

    assert broken_links(page, root=tmp_path) == ["gone.md", "there.md#gone", "../outside.md"]


def test_the_glossary_gives_each_word_one_meaning() -> None:
    words = glossary_column(0)

    assert len(words) > 50
    assert len(words) == len(set(words))


def test_the_glossary_uses_no_word_that_it_tells_not_to_say() -> None:
    avoided = {word.strip() for cell in glossary_column(2) for word in cell.split(",")}

    assert "blacklist" in avoided
    assert avoided.isdisjoint(glossary_column(0))
