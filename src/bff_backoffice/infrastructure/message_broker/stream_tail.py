"""Reading streams from now on, for a person to watch. Takes nothing from any consumer."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bff_backoffice.application.ports.redis_commands import RedisCommands

BLOCK_MILLISECONDS: Final = 1000
ENTRIES_AT_ONCE: Final = 100
_NOTHING_YET: Final = b"0-0"
_Pairs = list[tuple[bytes, list[object]]]
_Entries = list[tuple[bytes, list[bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEntry:
    """One entry."""

    stream: str
    entry_id: str
    fields: Mapping[str, bytes]


async def tail_streams(
    redis: RedisCommands, streams: Sequence[str], *, backlog: int
) -> AsyncIterator[StreamEntry]:
    """Yield the last `backlog` entries of each stream, then new ones for ever.

    The connection is held by a blocking read: nothing else may use it. Raises RedisUnavailable.
    """
    positions: dict[str, bytes] = {}
    for stream in streams:
        last = _entries(
            stream, await redis.execute("XREVRANGE", stream, "+", "-", "COUNT", max(backlog, 1))
        )
        positions[stream] = last[0].entry_id.encode() if last else _NOTHING_YET
        for entry in reversed(last[:backlog]):
            yield entry
    while True:
        reply = await redis.execute(
            "XREAD",
            "COUNT",
            ENTRIES_AT_ONCE,
            "BLOCK",
            BLOCK_MILLISECONDS,
            "STREAMS",
            *positions,
            *positions.values(),
            timeout_seconds=BLOCK_MILLISECONDS / 1000 + 2.0,
        )
        for name, entries in _by_stream(reply):
            for entry in _entries(name, entries):
                positions[name] = entry.entry_id.encode()
                yield entry


def _by_stream(reply: object) -> list[tuple[str, object]]:
    """Return the streams of an XREAD reply: pairs of a name and its entries, or nothing."""
    pairs = msgspec.convert(reply or [], _Pairs)
    return [(name.decode(), entries) for name, entries in pairs]


def _entries(stream: str, reply: object) -> list[StreamEntry]:
    found: list[StreamEntry] = []
    for entry_id, flat in msgspec.convert(reply, _Entries):
        names = [name.decode() for name in flat[::2]]
        fields = dict(zip(names, flat[1::2], strict=True))
        found.append(StreamEntry(stream=stream, entry_id=entry_id.decode(), fields=fields))
    return found
