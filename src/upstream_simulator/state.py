"""Everything the simulator knows, in one SQLite file, on disk before any answer leaves.

The write-ahead log reaches the operating system on each commit, so state survives `kill -9`.
One thread uses it: a handler runs without awaiting, which makes it a transaction by itself.
"""

import base64
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from upstream_simulator.documents import Document, stored, to_json

FIND_LIMIT_MAX: Final = 10_000
"""No question returns more objects than this."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
  upstream TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, tenant TEXT NOT NULL,
  property TEXT NOT NULL, parent TEXT NOT NULL, tag TEXT NOT NULL, status TEXT NOT NULL,
  day TEXT NOT NULL, until TEXT NOT NULL, rank TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (upstream, id));
CREATE INDEX IF NOT EXISTS objects_listed
  ON objects (upstream, kind, tenant, property, status, day, until, tag);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (upstream, kind, parent);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  upstream TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
  method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
  body BLOB NOT NULL, at REAL NOT NULL, PRIMARY KEY (upstream, tenant, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at);
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY AUTOINCREMENT, upstream TEXT NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, query TEXT NOT NULL, headers TEXT NOT NULL, body TEXT, status INTEGER,
  at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  id TEXT PRIMARY KEY, upstream TEXT NOT NULL, body TEXT NOT NULL, remaining INTEGER);
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, upstream TEXT NOT NULL, body TEXT NOT NULL,
  published INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS events_owed ON events (number) WHERE published = 0;
CREATE TABLE IF NOT EXISTS proofs (
  claim TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
  username TEXT PRIMARY KEY, count INTEGER NOT NULL, since REAL NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One thing an upstream keeps. Tenant, property and parent are bare ULIDs."""

    upstream: str
    id: str
    kind: str
    tenant: str
    property: str = ""
    parent: str = ""
    tag: str = ""
    status: str = ""
    day: str = ""
    until: str = ""
    rank: str = ""
    body: Document = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which objects to find; an empty member asks for nothing."""

    upstream: str
    kind: str
    tenant: str
    property: str = ""
    parent: str = ""
    tag: str = ""
    statuses: Sequence[str] = ()
    day: str = ""
    until: str = ""
    overlaps: tuple[str, str] | None = None
    after: tuple[str, str] | None = None
    member: tuple[str, str] | None = None
    """A path such as `$.code` into the body, and the text that must stand there."""
    limit: int = FIND_LIMIT_MAX


class State:
    """The database. Not safe for more than one thread."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit all that happens inside, or, if it raises, nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def get(self, upstream: str, identifier: str) -> StoredObject | None:
        """Return the object with this id in this upstream, whoever's it is."""
        row = self.connection.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE upstream = ? AND id = ?",  # noqa: S608 - constant
            (upstream, identifier),
        ).fetchone()
        return None if row is None else _object(row)

    def find(self, question: Question) -> list[StoredObject]:
        """Return the objects asked for, ordered by rank, then id."""
        where, values = _conditions(question)
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE {where} ORDER BY rank, id LIMIT ?",  # noqa: S608 - built from constants
            [*values, question.limit],
        )
        return [_object(row) for row in rows]

    def count(self, question: Question) -> int:
        """Return how many objects the question has, its limit and cursor aside."""
        return sum(self.count_by_status(question).values())

    def count_by_status(self, question: Question) -> dict[str, int]:
        """Return how many objects the question has of each status."""
        where, values = _conditions(question)
        return dict(
            self.connection.execute(
                f"SELECT status, count(*) FROM objects WHERE {where} GROUP BY status",  # noqa: S608 - built from constants
                values,
            ).fetchall()
        )

    def sum_of(self, question: Question, path: str) -> int:
        """Return the sum of a number member over the objects asked for."""
        where, values = _conditions(question)
        row = self.connection.execute(
            f"SELECT coalesce(sum(json_extract(body, ?)), 0) FROM objects WHERE {where}",  # noqa: S608 - built from constants
            [path, *values],
        ).fetchone()
        return int(row[0])

    def spans(self, question: Question) -> list[tuple[str, str, str, str]]:
        """Return `(tag, status, day, until)` of the objects asked for, bodies left on disk."""
        where, values = _conditions(question)
        return self.connection.execute(
            f"SELECT tag, status, day, until FROM objects WHERE {where} LIMIT {FIND_LIMIT_MAX}",  # noqa: S608 - built from constants
            values,
        ).fetchall()

    def put(self, *objects: StoredObject) -> None:
        """Store these objects, replacing those with the same ids."""
        self.put_all(objects)

    def put_all(self, objects: Iterable[StoredObject]) -> None:
        """Store all these objects, replacing those with the same ids."""
        self.connection.executemany(
            f"INSERT OR REPLACE INTO objects ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constant
            (_row(stored_object) for stored_object in objects),
        )

    def fact(self, name: str) -> str | None:
        """Return a single remembered value."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Remember a single value."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def forget_all(self) -> None:
        """Drop objects, answers, calls, faults and events; keep the facts (keys, passwords)."""
        for table in ("objects", "answers", "calls", "faults", "events", "proofs", "failures"):
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constant names


def cursor_of(stored_object: StoredObject) -> str:
    """Return the opaque cursor that goes on after this object."""
    text = f"{stored_object.rank}\x1f{stored_object.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(cursor: str) -> tuple[str, str]:
    """Return the place a cursor stands for; raise ValueError if nobody issued it."""
    padded = cursor + "=" * (-len(cursor) % 4)
    rank, separator, identifier = (
        base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition("\x1f")
    )
    if not separator:
        raise ValueError("no such cursor")
    return rank, identifier


_COLUMNS: Final = (
    "upstream, id, kind, tenant, property, parent, tag, status, day, until, rank, body"
)


def _object(row: tuple[str, ...]) -> StoredObject:
    upstream, identifier, kind, tenant, owner, parent, tag, status, day, until, rank, body = row
    return StoredObject(
        upstream=upstream,
        id=identifier,
        kind=kind,
        tenant=tenant,
        property=owner,
        parent=parent,
        tag=tag,
        status=status,
        day=day,
        until=until,
        rank=rank,
        body=stored(body),
    )


def _row(stored_object: StoredObject) -> tuple[str, ...]:
    return (
        stored_object.upstream,
        stored_object.id,
        stored_object.kind,
        stored_object.tenant,
        stored_object.property,
        stored_object.parent,
        stored_object.tag,
        stored_object.status,
        stored_object.day,
        stored_object.until,
        stored_object.rank,
        to_json(stored_object.body),
    )


def _conditions(question: Question) -> tuple[str, list[str]]:
    parts = ["upstream = ?", "kind = ?", "tenant = ?"]
    values = [question.upstream, question.kind, question.tenant]
    for column in ("property", "parent", "tag", "day", "until"):
        value: str = getattr(question, column)
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if question.statuses:
        parts.append(f"status IN ({','.join('?' * len(question.statuses))})")
        values.extend(question.statuses)
    if question.overlaps is not None:
        parts.append("day < ? AND until > ?")
        values.extend((question.overlaps[1], question.overlaps[0]))
    if question.member is not None:
        parts.append("json_extract(body, ?) = ?")
        values.extend(question.member)
    if question.after is not None:
        parts.append("(rank, id) > (?, ?)")
        values.extend(question.after)
    return " AND ".join(parts), values
