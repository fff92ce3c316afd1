"""Passwords and keys, made at first start and kept in the state directory, mode 0600."""

import secrets
import string
from typing import Final

_PASSWORD_CHARACTERS: Final = 32
_ALPHABET: Final = string.ascii_letters + string.digits


def new_password() -> str:
    """Make a password of letters and digits: nothing to quote in SQL, URLs or settings files."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_CHARACTERS))
