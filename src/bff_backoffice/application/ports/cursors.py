"""Places in a list that a client may keep and give back, and may not make up."""

from typing import Protocol


class Cursors(Protocol):
    """Seals a place so that only what it was given for opens it again."""

    def seal(self, place: str, *, bound_to: str) -> str:
        """Return an opaque text, safe in a URL."""
        ...

    def open(self, cursor: str, *, bound_to: str) -> str | None:
        """Return the place, or None for a cursor that was not sealed for this."""
        ...
