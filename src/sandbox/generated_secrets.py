"""Passwords and keys, made at first start and kept in the state directory, mode 0600."""

import base64
import os
import secrets
import string
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

_PASSWORD_CHARACTERS: Final = 32
_KEY_BYTES: Final = 32
_ALPHABET: Final = string.ascii_letters + string.digits


def new_password() -> str:
    """Make a password of letters and digits: nothing to quote in SQL, URLs or settings files."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_CHARACTERS))


def new_key() -> str:
    """Make 32 random bytes, written as base64url without padding."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).rstrip(b"=").decode()


class GeneratedSecrets:
    """The secrets of one state directory, by name: made once, the same at every later start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._by_name: dict[str, str] = {}
        if path.exists():
            self._by_name = msgspec.json.decode(path.read_bytes(), type=dict[str, str])

    def password(self, name: str) -> str:
        """Return the password of this name."""
        return self._kept(name, new_password)

    def key(self, name: str) -> str:
        """Return the key of this name."""
        return self._kept(name, new_key)

    def save(self) -> None:
        """Write what was made; whole or not at all, so that no store outlives its password."""
        write_private_file(self._path, msgspec.json.format(msgspec.json.encode(self._by_name)))

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        if name not in self._by_name:
            self._by_name[name] = make()
        return self._by_name[name]


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file only we can read; a reader sees the old content or the new, never a part."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
