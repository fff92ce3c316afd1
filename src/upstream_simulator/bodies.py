"""Reading a JSON body, member by member; what does not fit is a 400 that names the member."""

from collections.abc import Collection
from typing import cast

from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Refusal


def text_in(document: Document, name: str, *, maximum: int = 500, minimum: int = 1) -> str:
    """Return a text member; refuse a missing, empty, overlong or other one."""
    value: object = document.get(name)
    if not isinstance(value, str) or not minimum <= len(value) <= maximum:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing or malformed")
    return value


def optional_text_in(document: Document, name: str, *, maximum: int = 500) -> str | None:
    """Return a text member or None; refuse anything else."""
    if document.get(name) is None:
        return None
    return text_in(document, name, maximum=maximum, minimum=0)


def flag_in(document: Document, name: str) -> bool:
    """Return a boolean member, False when absent; refuse anything else."""
    value: object = document.get(name, False)
    if not isinstance(value, bool):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is not a boolean")
    return value


def choice_in(document: Document, name: str, allowed: Collection[str]) -> str:
    """Return a member that is one of these words; refuse others."""
    value = text_in(document, name)
    if value not in allowed:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is unknown")
    return value


def count_in(
    document: Document, name: str, *, least: int, most: int, default: int | None = None
) -> int:
    """Return a whole-number member in a range; refuse others."""
    value: object = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is not between {least} and {most}")
    return value


def only_members(document: Document, allowed: Collection[str]) -> None:
    """Refuse members that the route does not know."""
    for name in document:
        if name not in allowed:
            raise Refusal(400, VALIDATION_FAILED, f"{name} is unknown")


def object_in(document: Document, name: str) -> Document:
    """Return an object member; refuse a missing or other one."""
    value: object = document.get(name)
    if not isinstance(value, dict):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing or malformed")
    return cast("Document", value)


def optional_object_in(document: Document, name: str) -> Document:
    """Return an object member, an empty one when absent; refuse anything else."""
    return {} if document.get(name) is None else object_in(document, name)


def names_in(document: Document, name: str, *, most: int) -> list[str]:
    """Return a list of 1 to `most` strings; refuse anything else."""
    value: object = document.get(name)
    if not isinstance(value, list):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing or malformed")
    items = cast("list[object]", value)
    names = [item for item in items if isinstance(item, str)]
    if len(names) != len(items) or not 0 < len(names) <= most:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is malformed")
    return names
