"""Writing plain data as YAML: block style, texts quoted as JSON, one way to write each.

YAML 1.2 takes JSON's quoted texts as they are, so nothing here can be read back as another
type. Only keys that no YAML reader takes for anything but a text go without quotes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

import msgspec

INDENT: Final = "  "
_PLAIN_KEY: Final = re.compile(r"[A-Za-z$][A-Za-z0-9_-]{2,}")
_NOT_TEXT: Final = frozenset({"true", "false", "null", "yes", "off"})


def write_yaml(document: Mapping[str, object]) -> str:
    """Return the text. Takes mappings, sequences, texts, numbers, booleans and None."""
    return "\n".join(_lines(document)) + "\n"


def _lines(value: object) -> list[str]:
    if _is_mapping(value) and value:
        lines: list[str] = []
        for key, member in value.items():
            lines += _attach(f"{_key(key)}:", _lines(member), is_block=_is_block(member))
        return lines
    if _is_sequence(value) and value:
        return [line for item in value for line in _item(_lines(item), is_block=_is_block(item))]
    return [_scalar(value)]


def _attach(head: str, lines: list[str], *, is_block: bool) -> list[str]:
    return [head, *(INDENT + line for line in lines)] if is_block else [f"{head} {lines[0]}"]


def _item(lines: list[str], *, is_block: bool) -> list[str]:
    first, *rest = lines
    return [f"- {first}", *(INDENT + line for line in rest)] if is_block else [f"- {first}"]


def _is_block(value: object) -> bool:
    return bool(value) and (_is_mapping(value) or _is_sequence(value))


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _key(key: object) -> str:
    is_plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key) and key.lower() not in _NOT_TEXT
    return str(key) if is_plain else _scalar(key)


def _scalar(value: object) -> str:
    return msgspec.json.encode(value).decode()
