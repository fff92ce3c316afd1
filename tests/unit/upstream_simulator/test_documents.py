"""Bodies are read strictly; identifiers have one form."""

import pytest

from upstream_simulator.documents import BODY_BYTES_MAX, NotAnObject, parse_object
from upstream_simulator.identifiers import (
    ULID,
    has_prefix,
    stable_id,
    ulid_of,
    with_prefix,
)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"7",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": 1, "a": 2}',
        b'{"a": 123456789012345678901}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": 1} x',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": "' + b"x" * BODY_BYTES_MAX + b'"}',
    ],
)
def test_what_is_not_one_strict_object_is_refused(text: bytes) -> None:
    with pytest.raises(NotAnObject):
        parse_object(text)


def test_names_keep_their_script() -> None:
    assert parse_object('{"نام": "ژاله"}'.encode()) == {"نام": "ژاله"}


def test_a_thing_has_one_ulid_under_many_prefixes() -> None:
    identifier = stable_id("prop", "property/somewhere")

    assert ULID.fullmatch(ulid_of(identifier))
    assert with_prefix("ppt", identifier) == "ppt_" + ulid_of(identifier)
    assert stable_id("prop", "property/somewhere") == identifier
    assert ulid_of("inv_doc_" + ulid_of(identifier)) == ulid_of(identifier)


@pytest.mark.parametrize("wrong", [None, 7, "", "prop_", "prop_short", "ppt_01K", "prop-x"])
def test_only_a_well_formed_identifier_has_a_prefix(wrong: object) -> None:
    assert not has_prefix("prop", wrong)
