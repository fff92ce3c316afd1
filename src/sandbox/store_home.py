"""Which user the stores run as, and where their data lies so that this user reaches it.

PostgreSQL refuses to run as root. As root the stores therefore run as an unprivileged user
of this machine, from a folder outside the project (whose own folder may be closed to
others), with a copy of the programs that this user can read and not change.
"""

import contextlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sandbox import process_tree

_HOMES: Final = "bff-backoffice-sandbox"
_PLACES: Final = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - its owner is checked.
_PROGRAMS: Final = "programs"
_POINTER: Final = "store_home"
_OWNED_BY: Final = "owned_by"


class NoStoreHomeError(Exception):
    """As root: no unprivileged user, or no folder such a user can reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUser:
    """An unprivileged user of this machine."""

    name: str
    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHome:
    """Where the stores' data and programs lie; `user` is None when we run as ourselves."""

    directory: Path
    site_packages: Path
    user: ServerUser | None

    def make_folder(self, name: str) -> Path:
        """Return a folder for one store, closed to all but the store's user."""
        folder = self.directory / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)
        return folder

    def write_secret_file(self, path: Path, content: str) -> None:
        """Write a file that only the store's user can read."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        self.give(path)

    def give(self, path: Path) -> None:
        """Make the store's user the owner of this path."""
        if self.user is not None:
            os.chown(path, self.user.user_id, self.user.group_id, follow_symlinks=False)


def open_store_home(state_directory: Path, packages: tuple[str, ...]) -> StoreHome:
    """Return the home that belongs to this state directory, made at first use.

    `packages` are the folders of the installed wheels that hold the programs. Raises
    NoStoreHomeError.
    """
    site_packages = Path(_installed(packages[0])).parent
    if os.geteuid() != 0:
        directory = state_directory / "stores"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return StoreHome(directory=directory, site_packages=site_packages, user=None)
    user = _unprivileged_user()
    homes = _homes_folder()
    _remove_orphans(homes)
    return StoreHome(
        directory=_own_home(state_directory, homes),
        site_packages=_copy_programs(site_packages, homes / _PROGRAMS, packages),
        user=user,
    )


def remove_store_home(state_directory: Path) -> None:
    """Delete the stores' data of this state directory, wherever it lies."""
    shutil.rmtree(state_directory / "stores", ignore_errors=True)
    pointer = state_directory / _POINTER
    with contextlib.suppress(FileNotFoundError):
        home = Path(pointer.read_text(encoding="utf-8"))
        if _is_home_of(home, state_directory):
            shutil.rmtree(home)
        pointer.unlink()


def _unprivileged_user() -> ServerUser:
    for name in (os.environ.get("SUDO_USER", ""), "nobody", "daemon"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return ServerUser(name=name, user_id=entry.pw_uid, group_id=entry.pw_gid)
    raise NoStoreHomeError("running as root, and this machine has no user `nobody` for PostgreSQL")


def _homes_folder() -> Path:
    for place in _PLACES:
        with contextlib.suppress(OSError):
            homes = place / _HOMES
            homes.mkdir(mode=0o755, exist_ok=True)
            details = homes.lstat()
            # In a folder anyone may write to, someone else may have been here first.
            is_ours = stat.S_ISDIR(details.st_mode) and details.st_uid == 0
            if is_ours and not details.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                homes.chmod(0o755)
                return homes
    raise NoStoreHomeError(
        "running as root, and no folder can be made that PostgreSQL's user can reach"
    )


def _own_home(state_directory: Path, homes: Path) -> Path:
    pointer = state_directory / _POINTER
    with contextlib.suppress(FileNotFoundError):
        home = Path(pointer.read_text(encoding="utf-8"))
        if _is_home_of(home, state_directory):
            return home
    state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="stores-", dir=homes))
    home.chmod(0o711)
    (home / _OWNED_BY).write_text(str(state_directory.resolve()), encoding="utf-8")
    (home / _OWNED_BY).chmod(0o600)
    pointer.write_text(str(home), encoding="utf-8")
    return home


def _is_home_of(home: Path, state_directory: Path) -> bool:
    with contextlib.suppress(OSError):
        owner = (home / _OWNED_BY).read_text(encoding="utf-8")
        return owner == str(state_directory.resolve())
    return False


def _remove_orphans(homes: Path) -> None:
    """Delete homes whose project folder is gone: nobody has their passwords any more."""
    for home in homes.glob("stores-*"):
        with contextlib.suppress(OSError):
            owner = Path((home / _OWNED_BY).read_text(encoding="utf-8"))
            pointer = owner / _POINTER
            points_here = pointer.exists() and pointer.read_text(encoding="utf-8") == str(home)
            if not points_here and not _is_in_use(home):
                shutil.rmtree(home, ignore_errors=True)


def _is_in_use(home: Path) -> bool:
    for lock_file in home.glob("*/data/postmaster.pid"):
        pid = lock_file.read_text(encoding="utf-8").split(maxsplit=1)[0]
        if pid.isdecimal() and str(home) in (process_tree.command_line(int(pid)) or ""):
            return True
    return False


def _copy_programs(site_packages: Path, programs: Path, packages: tuple[str, ...]) -> Path:
    """Copy the wheels' folders, once per version; the copy appears whole or not at all."""
    versions = sorted(
        entry.name.removesuffix(".dist-info")
        for entry in site_packages.glob("*.dist-info")
        if entry.name.split("-")[0] in packages
    )
    copy = programs / "+".join(versions)
    if copy.is_dir():
        return copy
    programs.mkdir(exist_ok=True)
    programs.chmod(0o755)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=programs))
    for folder in _program_folders(site_packages, packages):
        shutil.copytree(
            folder,
            unfinished / folder.name,
            ignore=shutil.ignore_patterns("*.a", "include", "doc", "__pycache__"),
        )
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    with contextlib.suppress(OSError):  # Someone else was faster: theirs is as good.
        unfinished.rename(copy)
    shutil.rmtree(unfinished, ignore_errors=True)
    return copy


def _program_folders(site_packages: Path, packages: tuple[str, ...]) -> Iterator[Path]:
    for package in packages:
        yield site_packages / package
        libraries = site_packages / f"{package}.libs"
        if libraries.is_dir():
            yield libraries


def _installed(package: str) -> str:
    specification = find_spec(package)
    if specification is None or not specification.submodule_search_locations:
        raise NoStoreHomeError(f"the package {package} is not installed: run `make setup`")
    return specification.submodule_search_locations[0]
