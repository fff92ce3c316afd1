"""One remembered view as both tiers hold it."""

from typing import Final

import msgspec

VALUE_BYTES_MAX: Final = 1024 * 1024
"""A longer view is answered but not remembered."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A view's JSON, from when until when it is kept, and the generations it was read under."""

    stored_at: float
    kept_until: float
    generation: str
    body: msgspec.Raw


_DECODER: Final = msgspec.json.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """Return the entry as the shared tier keeps it."""
    return msgspec.json.encode(entry)


def decode_entry(text: bytes) -> Entry | None:
    """Read an entry; None for anything that is not one, such as an older version's."""
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return None
