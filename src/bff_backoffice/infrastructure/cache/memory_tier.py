"""The process's own memory of views: bounded in number and in bytes, oldest use goes first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from bff_backoffice.infrastructure.cache.entries import Entry

ENTRIES_MAX: Final = 4096
BYTES_MAX: Final = 16 * 1024 * 1024
GENERATIONS_MAX: Final = 16_384


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key (None: that the shared tier has nothing) and since when."""

    entry: Entry | None
    read_at: float


class MemoryTier:
    """Least recently used entries, and the last known generation of each topic."""

    def __init__(self, *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._generations: OrderedDict[str, str] = OrderedDict()
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0

    def get(self, key: str) -> Known | None:
        """Return what is known of the key and mark it used."""
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def put(self, key: str, entry: Entry | None, *, read_at: float) -> None:
        """Remember the entry, or that there is none; forget others if need be."""
        self._forget(key)
        self._known[key] = Known(entry, read_at)
        self._bytes += _length(entry)
        while len(self._known) > self._entries_max or self._bytes > self._bytes_max:
            self._forget(next(iter(self._known)))

    def generation(self, topic_key: str) -> str:
        """Return the topic's generation as last known."""
        return self._generations.get(topic_key, "")

    def learn_generation(self, topic_key: str, generation: str) -> None:
        """Remember the topic's generation. An empty one is not worth a place."""
        if not generation:
            self._generations.pop(topic_key, None)
            return
        self._generations[topic_key] = generation
        self._generations.move_to_end(topic_key)
        if len(self._generations) > GENERATIONS_MAX:
            self._generations.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)

    def _forget(self, key: str) -> None:
        dropped = self._known.pop(key, None)
        if dropped is not None:
            self._bytes -= _length(dropped.entry)


def _length(entry: Entry | None) -> int:
    return 0 if entry is None else memoryview(entry.body).nbytes
