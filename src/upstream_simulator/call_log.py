"""Who called what: every request, answered or not. Credentials appear only as digests."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document, NotAnObject, stored, to_json
from upstream_simulator.exchange import Call
from upstream_simulator.state import State

CALLS_KEPT_MAX: Final = 50_000
BODY_CHARACTERS_MAX: Final = 64 * 1024
PAGE_MAX: Final = 10_000

_SECRET_HEADERS: Final = frozenset({"authorization", "dpop", "cookie"})
_HIDDEN_MEMBERS: Final = (
    "refreshToken|refresh_token|password|code|code_verifier|token|accessToken|access_token"
)
_SECRET_IN_JSON: Final = re.compile(rf'("(?:{_HIDDEN_MEMBERS})"\s*:\s*")((?:[^"\\]|\\.)*)(")')
_SECRET_IN_FORM: Final = re.compile(rf"((?:^|&)(?:{_HIDDEN_MEMBERS})=)([^&]*)()")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLog:
    """The log, bounded: the oldest calls go first."""

    state: State

    def record(self, call: Call) -> int:
        """Write the call down, not yet answered; return its number."""
        headers = {
            name: digest_of(value) if name in _SECRET_HEADERS else value
            for name, value in call.headers
        }
        cursor = self.state.connection.execute(
            "INSERT INTO calls (upstream, method, path, query, headers, body, status, at)"
            " VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                call.upstream,
                call.method,
                call.path,
                to_json(dict(call.query)),
                to_json(headers),
                _body_without_secrets(call.body),
                rfc3339(call.at),
            ),
        )
        number = cursor.lastrowid or 0
        if number % 1000 == 0:
            self.state.connection.execute(
                "DELETE FROM calls WHERE number <= ?", (number - CALLS_KEPT_MAX,)
            )
        return number

    def settle(self, number: int, status: int | None) -> None:
        """Note how the call was answered; None: it was not."""
        self.state.connection.execute(
            "UPDATE calls SET status = ? WHERE number = ?", (status, number)
        )

    def items(self, *, upstream: str | None, since: str | None) -> list[Document]:
        """Return the calls, oldest first; `since` is a time (inclusive) as the log writes it."""
        rows = self.state.connection.execute(
            "SELECT upstream, method, path, headers, body, status, at, query FROM calls"
            " WHERE (?1 IS NULL OR upstream = ?1) AND (?2 IS NULL OR at >= ?2)"
            " ORDER BY number LIMIT ?3",
            (upstream, since, PAGE_MAX),
        )
        return [
            {
                "upstream": row[0],
                "method": row[1],
                "path": row[2],
                "headers": stored(row[3]),
                "body": _as_sent(row[4]),
                "status": row[5],
                "at": row[6],
                "query": stored(row[7]),
            }
            for row in rows
        ]

    def clear(self) -> None:
        """Forget all calls."""
        self.state.connection.execute("DELETE FROM calls")


def digest_of(secret: str) -> str:
    """Return what the log shows instead of a credential: equal for equal ones."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def _as_sent(body: str | None) -> object:
    """Show a JSON object as one, anything else as text."""
    if body is None:
        return None
    try:
        return stored(body)
    except NotAnObject:
        return body


def _body_without_secrets(body: bytes) -> str | None:
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    pattern = _SECRET_IN_JSON if text.lstrip().startswith("{") else _SECRET_IN_FORM
    hidden = pattern.sub(lambda found: found[1] + digest_of(found[2]) + found[3], text)
    return hidden[:BODY_CHARACTERS_MAX]
