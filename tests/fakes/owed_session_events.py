"""The session tier's list in memory."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeOwedSessionEvents:
    """Implements OwedSessionEvents."""

    entries: list[bytes] = field(default_factory=list[bytes])
    unreadable: list[bytes] = field(default_factory=list[bytes])

    async def oldest(self, limit: int) -> list[bytes]:
        return self.entries[:limit]

    async def remove(self, entries: list[bytes]) -> None:
        for entry in entries:
            if entry in self.entries:
                self.entries.remove(entry)

    async def set_aside(self, entry: bytes) -> None:
        if entry in self.entries:
            self.entries.remove(entry)
            self.unreadable.append(entry)

    async def length(self) -> int:
        return len(self.entries)
