"""The list in the session tier onto which its script appends what it did to sessions."""

from typing import Protocol


class OwedSessionEventsUnavailable(Exception):  # noqa: N818 - a state of the session tier
    """The session tier gave no answer; nothing is lost, whatever was removed was removed."""


class OwedSessionEvents(Protocol):
    """Oldest first. All methods raise OwedSessionEventsUnavailable."""

    async def oldest(self, limit: int) -> list[bytes]:
        """Return the oldest entries and leave them where they are."""
        ...

    async def remove(self, entries: list[bytes]) -> None:
        """Remove entries that are safe elsewhere; removing one twice does no harm."""
        ...

    async def set_aside(self, entry: bytes) -> None:
        """Move an entry that cannot be read to a bounded list for a person, in one step."""
        ...

    async def length(self) -> int:
        """Return how many are owed."""
        ...
