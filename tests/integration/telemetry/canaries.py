"""Two hundred facts about nobody: planted everywhere, looked for in all that is emitted."""

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

EACH: Final = 50
FREE_TEXT: Final = frozenset(
    {
        "displayName", "guestName", "email", "phoneE164", "specialRequests", "notes", "title",
        "summary", "description", "body", "name", "default", "bedConfiguration", "legalName",
        "city", "username", "revokeReason",
    }
)  # fmt: skip
_LOOKS_LIKE_TEXT: Final = re.compile(r"[^\x00-\x7f]| |@|^\+\d")
_KEPT: Final = frozenset({"username"})
"""Who signs in is asked for by name; the proof plants its own in what a desktop sends."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Something personal, and the part of it that stays the same however it is written."""

    kind: str
    text: str
    core: str


def make_canaries() -> tuple[Canary, ...]:
    """Return EACH names (in scripts that guests write), phones, e-mails and document numbers."""
    given = ("Zarmina", "فاطمة", "ځلمی", "Щербакова", "翔太")
    made: list[Canary] = []
    for number in range(EACH):
        name = f"Qanarizai{number:02}x"
        phone = f"79955{number:02}31{number:02}"
        email = f"qanary.mail{number:02}x"
        document = f"QDOC{number:02}7731"
        made += [
            Canary("name", f"{given[number % len(given)]} {name}", name),
            Canary("phone", f"+93{phone}", phone),
            Canary("e-mail", f"{email}@guest.example", email),
            Canary("document", f"P-{document}", document),
        ]
    return tuple(made)


CANARIES: Final = make_canaries()


@dataclass(slots=True)
class Planting:
    """Hands canaries out, one after the other and kind by kind, so that all of them are used."""

    used: set[str] = field(default_factory=set[str])
    _turns: Iterator[Canary] = field(default_factory=lambda: itertools.cycle(CANARIES))

    def next_text(self) -> str:
        """Return the next one."""
        canary = next(self._turns)
        self.used.add(canary.core)
        return canary.text

    def plant_in(self, database: Path) -> int:
        """Rewrite every free text that the simulated upstreams hold; return how many."""
        connection = sqlite3.connect(database, isolation_level=None, timeout=10)
        try:
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute("SELECT upstream, id, body FROM objects").fetchall()
            planted = 0
            for upstream, identifier, body in rows:
                members = json.JSONDecoder().decode(body)
                planted += self._rewrite(members)
                # What an upstream adds one day is tolerated, so it must be harmless too.
                members["documentNumber"] = self.next_text()
                members["emergencyContact"] = {"name": self.next_text(), "phone": self.next_text()}
                connection.execute(
                    "UPDATE objects SET body = ? WHERE upstream = ? AND id = ?",
                    (json.dumps(members, ensure_ascii=False), upstream, identifier),
                )
            connection.execute("COMMIT")
        finally:
            connection.close()
        return planted

    def _rewrite(self, value: Any) -> int:  # noqa: ANN401  # allow-any: JSON, walked as it comes
        places: list[Any] = []  # allow-any: names of members, or places in a list
        if isinstance(value, dict):
            places = list(value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif isinstance(value, list):
            places = list(range(len(value)))  # pyright: ignore[reportUnknownArgumentType] - JSON
        planted = 0
        for place in places:
            member: object = value[place]  # pyright: ignore[reportUnknownVariableType] - JSON
            if isinstance(member, str) and _is_free_text(place, member):
                value[place] = self.next_text()
                planted += 1
            else:
                planted += self._rewrite(value[place])
        return planted


def _is_free_text(name: str | int, text: str) -> bool:
    return name not in _KEPT and (name in FREE_TEXT or bool(_LOOKS_LIKE_TEXT.search(text)))


def leaks(emitted: Mapping[str, bytes], wanted: Mapping[str, str]) -> list[str]:
    """Return `where: what` for each wanted text that stands in what was emitted.

    Looks for it as it is, percent-encoded and with JSON's escapes; `wanted` maps what to text.
    """
    found: list[str] = []
    for where, content in emitted.items():
        for what, text in wanted.items():
            written = {text, quote(text, safe=""), json.dumps(text)[1:-1]}
            if any(form.encode() in content for form in written):
                found.append(f"{where}: {what}")
    return found


def wanted_canaries() -> dict[str, str]:
    """Return every canary's core, by what it is."""
    return {f"{canary.kind} {canary.core}": canary.core for canary in CANARIES}
