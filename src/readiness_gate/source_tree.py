"""One digest for all sources, so that evidence can say which ones it was taken from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from readiness_gate.commands import run_command

EXCLUDED = ("reports/", "services/bff-backoffice-service/_readiness/")
"""What the gate itself writes: evidence must not make itself stale."""

_GIT_SECONDS = 30.0


class SourceTreeUnreadableError(Exception):
    """Git could not list the sources, so no digest can be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """The sources as they are now. Clean: nothing differs from the last commit."""

    digest: str
    is_clean: bool


def read_source_tree(root: Path) -> SourceTree:
    """Digest the content of every tracked file, as it is on disk.

    Raises SourceTreeUnreadableError where the folder is no git work tree.
    """
    tracked = _git_list(root, "ls-files", "-z")
    changed = _git_list(
        root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"
    )
    digest = hashlib.sha256()
    for path in sorted(filter(_is_source, tracked)):
        digest.update(f"{_content_digest(root / path)} {path}\0".encode())
    # A status entry is two letters, a space and the path.
    is_clean = not any(_is_source(entry[3:]) for entry in changed)
    return SourceTree(digest=f"sha256:{digest.hexdigest()}", is_clean=is_clean)


def _is_source(path: str) -> bool:
    return not path.startswith(EXCLUDED)


def _content_digest(path: Path) -> str:
    if path.is_symlink():
        return hashlib.sha256(str(path.readlink()).encode()).hexdigest()
    if not path.is_file():
        return "absent"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_list(root: Path, *arguments: str) -> list[str]:
    result = run_command(
        ("git", "--no-optional-locks", *arguments), directory=root, timeout_seconds=_GIT_SECONDS
    )
    if result.exit_code != 0:
        raise SourceTreeUnreadableError(result.failure or result.output.strip())
    return [entry for entry in result.output.split("\0") if entry]
