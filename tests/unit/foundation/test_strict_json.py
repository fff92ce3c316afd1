"""JSON as RFC 8259 means it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff_backoffice.foundation.strict_json import (
    INTEGER_DIGITS_MAX,
    JsonValue,
    NotStrictJson,
    parse_object,
)

LIMIT = 100_000
JSON_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_what_python_writes_is_read_back(value: dict[str, JsonValue]) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert parse_object(text.encode(), bytes_max=LIMIT) == value


@given(st.binary(max_size=200))
def test_no_bytes_make_it_stumble(octets: bytes) -> None:
    for text in (octets, b'{"a": ' + octets + b"}", b'{"a": "' + octets + b'"}'):
        try:
            parse_object(text, bytes_max=LIMIT)
        except NotStrictJson:
            continue


@pytest.mark.parametrize(
    "text",
    [
        b"", b"null", b"[]", b"1", b'"a"', b"{", b"{}{}", b"{} ,", b"\xef\xbb\xbf{}", b"\xff",
        b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1e400}', b'{"a": -1e400}',
        b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}', b'{"a": "\\ud800"}', b'{"\\udc00": 1}',
        b'{"a": [{"b": "\\ud83d"}]}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\n"}', b"{'a': 1}",
        b'{"a": ' + b"1" * (INTEGER_DIGITS_MAX + 1) + b"}", b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
)  # fmt: skip
def test_what_is_not_strict_is_refused(text: bytes) -> None:
    with pytest.raises(NotStrictJson):
        parse_object(text, bytes_max=LIMIT)


def test_the_length_is_asked_before_anything_else() -> None:
    assert parse_object(b"{}", bytes_max=2) == {}
    with pytest.raises(NotStrictJson):
        parse_object(b"{} ", bytes_max=2)


@pytest.mark.parametrize("shape", [b"[%s]", b'{"a":%s}'])
def test_every_depth_is_read_or_refused_whoever_asks(shape: bytes) -> None:
    """The check for half a surrogate pair looks once more, from deeper in the stack."""
    opening, closing = shape.split(b"%s")
    for depth in range(300, 1010):
        text = b'{"u": "\\u0041", "a": ' + opening * depth + b"1" + closing * depth + b"}"
        try:
            parse_object(text, bytes_max=LIMIT)
        except NotStrictJson:
            continue


def test_an_integer_of_the_longest_length_is_read() -> None:
    digits = "9" * INTEGER_DIGITS_MAX

    assert parse_object(f'{{"a": {digits}}}'.encode(), bytes_max=LIMIT) == {"a": int(digits)}
    assert parse_object(b'{"a": "\\ud83d\\udd11"}', bytes_max=LIMIT) == {"a": "\U0001f511"}
