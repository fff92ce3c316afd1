import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.source_tree import SourceTreeUnreadableError, read_source_tree


@pytest.fixture
def committed(repository: Repository) -> Repository:
    repository.write("src/a.py", "one\n")
    repository.write("src/ä b.py", "two\n")
    repository.commit()
    return repository


def test_the_same_sources_have_the_same_digest(committed: Repository) -> None:
    first = read_source_tree(committed.root)

    assert first == read_source_tree(committed.root)
    assert first.is_clean
    assert first.digest.startswith("sha256:")


def test_a_changed_file_changes_the_digest_and_dirties_the_tree(committed: Repository) -> None:
    before = read_source_tree(committed.root)
    committed.write("src/a.py", "other\n")

    after = read_source_tree(committed.root)

    assert after.digest != before.digest
    assert not after.is_clean


def test_a_renamed_file_changes_the_digest(committed: Repository) -> None:
    before = read_source_tree(committed.root)
    (committed.root / "src/a.py").rename(committed.root / "src/c.py")
    committed.commit()

    after = read_source_tree(committed.root)

    assert after.digest != before.digest
    assert after.is_clean


def test_a_deleted_file_changes_the_digest(committed: Repository) -> None:
    before = read_source_tree(committed.root)
    committed.delete("src/a.py")

    assert read_source_tree(committed.root).digest != before.digest


def test_a_file_that_git_does_not_know_dirties_the_tree(committed: Repository) -> None:
    committed.write("src/new.py", "")

    assert not read_source_tree(committed.root).is_clean


def test_what_the_gate_writes_neither_dirties_nor_changes_the_tree(committed: Repository) -> None:
    before = read_source_tree(committed.root)
    committed.write("reports/ready.json", "{}")
    committed.write("services/bff-backoffice-service/_readiness/1.0.md", "# Unsigned draft")

    assert read_source_tree(committed.root) == before
    committed.commit()
    assert read_source_tree(committed.root) == before


def test_a_folder_outside_git_has_no_digest(repository: Repository) -> None:
    with pytest.raises(SourceTreeUnreadableError):
        read_source_tree(repository.root)
