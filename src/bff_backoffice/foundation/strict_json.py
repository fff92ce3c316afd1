"""JSON as RFC 8259 means it, for input that a stranger controls.

Python's own parser takes NaN, Infinity, `1e400`, repeated members, any depth and half of a
surrogate pair; each of these has let a forged proof or token through somewhere, or has made a
server fall over. This one refuses them all.
"""

import json
from json import JSONDecoder
from math import isfinite
from typing import Final

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

INTEGER_DIGITS_MAX: Final = 20
"""Longer integers cost quadratic time to read and mean nothing here."""


class NotStrictJson(ValueError):  # noqa: N818 - reads as the fact it states
    """The text is not one JSON value in strict form."""


def parse_object(text: bytes, *, bytes_max: int) -> JsonObject:
    """Return the JSON object in the text.

    Raises NotStrictJson for anything else: oversized, not UTF-8, not an object, a repeated
    member, a non-finite or over-long number, too deep, half a surrogate pair, or something
    after the object.
    """
    if len(text) > bytes_max:
        raise NotStrictJson("too long")
    try:
        value: object = _DECODER.decode(text.decode("utf-8"))
        is_unicode = b"\\u" not in text or _is_unicode(value)
    except RecursionError as error:
        raise NotStrictJson("too deep") from error
    except ValueError as error:
        raise NotStrictJson("not JSON") from error
    if not isinstance(value, dict):
        raise NotStrictJson("not an object")
    if not is_unicode:
        raise NotStrictJson("half a surrogate pair")
    return value  # pyright: ignore[reportUnknownVariableType] - the decoder makes only JsonValue


def _is_unicode(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _object_without_repeats(members: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(members)
    if len(found) != len(members):
        raise NotStrictJson("repeated member")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotStrictJson("number out of range")
    return number


def _bounded_integer(text: str) -> int:
    if len(text) > INTEGER_DIGITS_MAX:
        raise NotStrictJson("number too long")
    return int(text)


def _no_constant(text: str) -> float:
    raise NotStrictJson(f"{text} is not JSON")


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_object_without_repeats,
    parse_float=_finite,
    parse_int=_bounded_integer,
    parse_constant=_no_constant,
)
