"""Identifiers `<prefix>_<ULID>`: fresh ones, and ones that a name fixes for ever."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)

SEED_EPOCH_MILLISECONDS: Final = 1_735_689_600_000
"""Stable ids carry the first millisecond of 2025 as their time."""

_FAMILIES: Final = (
    ("ppt", "prop", "prp", "pty"),
    ("rmu", "rom"),
    ("rmt", "rty"),
    ("rsv", "res"),
    ("tnt", "ten", "t"),
)
_ULID_BITS: Final = 128
_TIME_BITS: Final = 48


def new_id(prefix: str, at: datetime) -> str:
    """Return a fresh identifier whose ULID carries that time."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_ulid(milliseconds, int.from_bytes(secrets.token_bytes(10), 'big'))}"


def stable_id(prefix: str, name: str) -> str:
    """Return the identifier that this name has on every machine, for ever.

    The prefix is no part of the ULID: `prop_X` and `ppt_X` are one property.
    """
    return f"{prefix}_{stable_ulid(name)}"


def stable_ulid(name: str) -> str:
    """Return the ULID that this name has on every machine, for ever."""
    digest = hashlib.sha256(name.encode()).digest()
    return _ulid(SEED_EPOCH_MILLISECONDS, int.from_bytes(digest[:10], "big"))


def ulid_of(identifier: str) -> str:
    """Return what follows the last underscore of an identifier (`inv_doc_X` has two)."""
    return identifier.rpartition("_")[2]


def with_prefix(prefix: str, identifier: str) -> str:
    """Return the same thing's identifier in another upstream's dialect."""
    return f"{prefix}_{ulid_of(identifier)}"


def in_any_dialect(identifier: str) -> list[str]:
    """Return the identifier and what other upstreams call the same thing."""
    head, _, tail = identifier.rpartition("_")
    for family in _FAMILIES:
        if head in family:
            return [identifier, *(f"{prefix}_{tail}" for prefix in family if prefix != head)]
    return [identifier]


def has_prefix(prefix: str, identifier: object) -> bool:
    """Tell whether this is a well-formed identifier with exactly this prefix."""
    if not isinstance(identifier, str):
        return False
    head, _, tail = identifier.rpartition("_")
    return head == prefix and ULID.fullmatch(tail) is not None


def _ulid(milliseconds: int, randomness: int) -> str:
    value = (milliseconds << (_ULID_BITS - _TIME_BITS)) | randomness
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
