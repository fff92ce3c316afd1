"""Faults on demand: which ones wait for which calls. `fault_effects.py` carries them out."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final, cast

from upstream_simulator.documents import Document, stored, to_json
from upstream_simulator.exchange import Call
from upstream_simulator.identifiers import new_id
from upstream_simulator.state import State

KINDS: Final = frozenset(
    {
        "latency",
        "error",
        "hang",
        "reset",
        "garbage",
        "lost_answer",
        "duplicate_event",
        "slow_body",
        "huge_body",
    }
)
FAULTS_MAX: Final = 1000
TIMES_MAX: Final = 1_000_000

_NUMBERS: Final = {
    "ms": (0, 120_000),
    "status": (400, 599),
    "retryAfterSeconds": (0, 3600),
    "bytes": (1, 64 * 1024 * 1024),
    "chunkBytes": (1, 1024 * 1024),
    "copies": (2, 100),
}
_FLAGS: Final = frozenset({"acts", "honoursDeadline"})


class BadFault(ValueError):  # noqa: N818 - reads as the fact it states
    """The fault asked for makes no sense; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a matching call."""

    kind: str
    parameters: Document = field(default_factory=dict[str, object])

    def number(self, name: str, default: int) -> int:
        """Return one of the fault's numbers."""
        return cast("int", self.parameters.get(name, default))

    @property
    def acts(self) -> bool:
        """Tell whether the upstream does what it was asked before the fault shows."""
        by_nature = self.kind in {"latency", "lost_answer", "garbage", "slow_body", "huge_body"}
        return bool(self.parameters.get("acts", by_nature or self.kind == "duplicate_event"))


class FaultBook:
    """The faults in force; on disk, and so is how often each may still strike."""

    def __init__(self, state: State, random: Random) -> None:
        self._state = state
        self._random = random
        self._rows: list[tuple[str, str, Document, int | None]] = []
        self.reload()

    def add(self, request: Document, *, upstreams: frozenset[str], at: datetime) -> str:
        """Put a fault in force and return its id; raise BadFault."""
        _check(request, upstreams)
        if len(self._rows) >= FAULTS_MAX:
            raise BadFault(f"more than {FAULTS_MAX} faults")
        identifier = new_id("flt", at)
        with self._state.transaction():
            self._state.connection.execute(
                "INSERT INTO faults VALUES (?, ?, ?, ?)",
                (identifier, request["upstream"], to_json(request), request.get("times")),
            )
        self.reload()
        return identifier

    def remove(self, identifier: str | None) -> bool:
        """End one fault, or all of them; tell whether there was one."""
        with self._state.transaction():
            removed = self._state.connection.execute(
                "DELETE FROM faults WHERE ?1 IS NULL OR id = ?1", (identifier,)
            ).rowcount
        self.reload()
        return removed > 0

    def items(self) -> list[Document]:
        """Return the faults in force with what is left of them."""
        return [
            {"id": identifier, **request, "remaining": remaining}
            for identifier, _, request, remaining in self._rows
        ]

    def take(self, call: Call) -> Fault | None:
        """Return the first fault that strikes this call, and count it."""
        for identifier, upstream, request, remaining in self._rows:
            if upstream != call.upstream or not _matches(request.get("match") or {}, call):
                continue
            if self._random.random() >= request.get("probability", 1.0):
                continue
            self._count(identifier, remaining)
            fault: Document = dict(request["fault"])
            return Fault(kind=fault.pop("kind"), parameters=fault)
        return None

    def _count(self, identifier: str, remaining: int | None) -> None:
        if remaining is None:
            return
        with self._state.transaction():
            if remaining <= 1:
                self._state.connection.execute("DELETE FROM faults WHERE id = ?", (identifier,))
            else:
                self._state.connection.execute(
                    "UPDATE faults SET remaining = ? WHERE id = ?", (remaining - 1, identifier)
                )
        self.reload()

    def reload(self) -> None:
        """Read again what is on disk."""
        rows = self._state.connection.execute(
            "SELECT id, upstream, body, remaining FROM faults ORDER BY id"
        )
        self._rows = [(row[0], row[1], stored(row[2]), row[3]) for row in rows]


def _matches(match: Document, call: Call) -> bool:
    method = match.get("method")
    if method is not None and method != call.method:
        return False
    path = match.get("path")
    return path is None or _path_expression(path).fullmatch(call.path) is not None


def _path_expression(path: str) -> re.Pattern[str]:
    """`*` and `{name}` stand for one segment, `**` for any rest."""
    expression = re.escape(re.sub(r"\{\w*\}", "*", path))
    return re.compile(expression.replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))


def _check(request: Document, upstreams: frozenset[str]) -> None:
    unknown = request.keys() - {"upstream", "match", "fault", "times", "probability"}
    if unknown:
        raise BadFault(f"unknown member {min(unknown)}")
    if request.get("upstream") not in upstreams:
        raise BadFault("upstream: unknown")
    _check_match(request.get("match"))
    _check_fault(request.get("fault"))
    times = request.get("times")
    if times is not None and not _is_whole(times, 1, TIMES_MAX):
        raise BadFault("times: not a positive integer")
    probability = request.get("probability", 1.0)
    if isinstance(probability, bool) or not isinstance(probability, int | float):
        raise BadFault("probability: not a number")
    if not 0 < probability <= 1:
        raise BadFault("probability: not in (0, 1]")


def _check_match(match: object) -> None:
    if match is None:
        return
    if not isinstance(match, dict):
        raise BadFault("match: not an object")
    members = cast("Document", match)
    if members.keys() - {"method", "path"}:
        raise BadFault("match: only method and path")
    if not all(isinstance(value, str) for value in members.values()):
        raise BadFault("match: method and path are strings")


def _check_fault(fault: object) -> None:
    if not isinstance(fault, dict):
        raise BadFault("fault: not an object")
    members = cast("Document", fault)
    if members.get("kind") not in KINDS:
        raise BadFault("fault.kind: unknown")
    for name, value in members.items():
        if name in _NUMBERS and not _is_whole(value, *_NUMBERS[name]):
            raise BadFault(f"fault.{name}: not a whole number in {_NUMBERS[name]}")
        if name in _FLAGS and not isinstance(value, bool):
            raise BadFault(f"fault.{name}: not a boolean")
        if name not in {*_NUMBERS, *_FLAGS, "kind", "body"}:
            raise BadFault(f"fault.{name}: unknown")


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
