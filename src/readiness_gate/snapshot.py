"""The copy of the gate that is filed with a release."""

import os
import re
import tempfile
from pathlib import Path

SNAPSHOTS_FOLDER = "services/bff-backoffice-service/_readiness"
UNSIGNED_HEADING = "# Unsigned draft"

_RELEASE_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SnapshotRefusedError(Exception):
    """The snapshot was not written, and nothing was changed."""


def write_snapshot(release_tag: str, text: str, *, root: Path) -> Path:
    """File the text as the release's snapshot, whole or not at all.

    Raises SnapshotRefusedError for a tag that is no plain name, and for a release whose snapshot
    is more than an unsigned draft: what people signed is never written over.
    """
    # The tag becomes a file's name: no separators, no leading dot, no way out of the folder.
    if not _RELEASE_TAG.fullmatch(release_tag) or ".." in release_tag:
        raise SnapshotRefusedError(
            "a release tag is letters, digits, dots, dashes and underscores, 64 at most"
        )
    path = root / SNAPSHOTS_FOLDER / f"{release_tag}.md"
    if path.is_symlink() or (path.exists() and not _is_unsigned(path)):
        raise SnapshotRefusedError(f"{path.name} is there already and is no unsigned draft")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _is_unsigned(path: Path) -> bool:
    return path.read_text(encoding="utf-8").startswith(UNSIGNED_HEADING)
