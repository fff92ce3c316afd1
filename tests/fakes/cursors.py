"""Cursors that can be read, with what they are bound to in plain sight."""


class FakeCursors:
    """Implements Cursors."""

    def seal(self, place: str, *, bound_to: str) -> str:
        return f"{bound_to}|{place}"

    def open(self, cursor: str, *, bound_to: str) -> str | None:
        owner, separator, place = cursor.rpartition("|")
        return place if separator and owner == bound_to else None
