"""What upstreams keep and send: JSON documents, read strictly when a stranger wrote them."""

import json
from json import JSONDecoder
from math import isfinite
from typing import Any, Final

Document = dict[str, Any]  # allow-any: a JSON document's shape is its upstream's affair

BODY_BYTES_MAX: Final = 1024 * 1024
"""No upstream takes more in one request."""

INTEGER_DIGITS_MAX: Final = 20


class NotAnObject(ValueError):  # noqa: N818 - reads as the fact it states
    """The bytes are not one JSON object in strict form."""


def parse_object(text: bytes) -> Document:
    """Return the JSON object in the bytes; raise NotAnObject for anything else.

    NaN, infinities, repeated members, bottomless nesting and half surrogate pairs are refused
    (RFC 8259 §4, §6, §8.2).
    """
    if len(text) > BODY_BYTES_MAX:
        raise NotAnObject("too long")
    document = _parsed(text)
    if b"\\u" in text:
        _require_unicode(document)
    return document


def _parsed(text: bytes) -> Document:
    try:
        value: object = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotAnObject("not strict JSON") from error
    if not isinstance(value, dict):
        raise NotAnObject("not an object")
    return value  # pyright: ignore[reportUnknownVariableType] - the decoder makes string keys


def to_json(value: object) -> str:
    """Write compact JSON; names keep their own script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def stored(text: str) -> Document:
    """Read back what `to_json` wrote."""
    return _parsed(text.encode())


def _require_unicode(document: Document) -> None:
    try:
        to_json(document).encode()
    except UnicodeEncodeError as error:
        raise NotAnObject("half a surrogate pair") from error


def _object_without_repeats(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise NotAnObject("repeated member")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotAnObject("number out of range")
    return number


def _bounded_integer(text: str) -> int:
    if len(text) > INTEGER_DIGITS_MAX:
        raise NotAnObject("number too long")
    return int(text)


def _no_constant(text: str) -> float:
    raise NotAnObject(f"{text} is not JSON")


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_object_without_repeats,
    parse_float=_finite,
    parse_int=_bounded_integer,
    parse_constant=_no_constant,
)
