"""How each role reaches one test's database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrls:
    """One database of a test's own: how each role reaches it."""

    superuser: str
    owner: str
    api: str
    worker: str
    retention: str
