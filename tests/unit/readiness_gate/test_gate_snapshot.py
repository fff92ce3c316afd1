from pathlib import Path

import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.snapshot import (
    SNAPSHOTS_FOLDER,
    UNSIGNED_HEADING,
    SnapshotRefusedError,
    write_snapshot,
)

DRAFT = f"{UNSIGNED_HEADING}: readiness\n"


def all_files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tag", ["v1.2.0", "2026-03-14", "1.0.0-rc_1", "a"])
def test_a_plain_tag_becomes_the_files_name(repository: Repository, tag: str) -> None:
    path = write_snapshot(tag, DRAFT, root=repository.root)

    assert path == repository.root / SNAPSHOTS_FOLDER / f"{tag}.md"
    assert path.read_text() == DRAFT
    assert all_files(repository.root) == {f"{SNAPSHOTS_FOLDER}/{tag}.md"}


@pytest.mark.parametrize(
    "tag",
    [
        *("", ".", "..", "../x", "a/b", "a\\b", "/etc/x"),
        *(".hidden", "-rf", "a..b", "a\n", "a\0", "ä", "a" * 65),
    ],
)
def test_a_tag_that_is_no_plain_name_writes_nothing(repository: Repository, tag: str) -> None:
    with pytest.raises(SnapshotRefusedError):
        write_snapshot(tag, DRAFT, root=repository.root)

    assert all_files(repository.root) == set()


def test_a_draft_is_replaced_by_a_newer_draft(repository: Repository) -> None:
    write_snapshot("v1", DRAFT, root=repository.root)

    path = write_snapshot("v1", DRAFT + "newer\n", root=repository.root)

    assert path.read_text() == DRAFT + "newer\n"


def test_what_people_signed_is_never_written_over(repository: Repository) -> None:
    repository.write(f"{SNAPSHOTS_FOLDER}/v1.md", "# Signed\n")

    with pytest.raises(SnapshotRefusedError, match="no unsigned draft"):
        write_snapshot("v1", DRAFT, root=repository.root)

    assert (repository.root / SNAPSHOTS_FOLDER / "v1.md").read_text() == "# Signed\n"


def test_a_link_is_not_followed(repository: Repository) -> None:
    repository.write("elsewhere.md", DRAFT)
    repository.write(f"{SNAPSHOTS_FOLDER}/v0.md", DRAFT)
    (repository.root / SNAPSHOTS_FOLDER / "v1.md").symlink_to(repository.root / "elsewhere.md")

    with pytest.raises(SnapshotRefusedError):
        write_snapshot("v1", DRAFT + "newer\n", root=repository.root)

    assert (repository.root / "elsewhere.md").read_text() == DRAFT
