"""Answers kept by idempotency key: the same key acts once, for 24 hours."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import Dialect
from upstream_simulator.documents import NotAnObject, stored, to_json
from upstream_simulator.exchange import NOT_FOUND, Answer, Call, Refusal, json_answer
from upstream_simulator.state import State

WINDOW_SECONDS: Final = 24 * 3600
KEPT_STATUSES: Final = frozenset({409, 412, 422})
"""Beside 2xx: a definite no of the business. Malformed requests are not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A mutation's key and what it was used for."""

    key: str
    fingerprint: str


def read_claim(call: Call, dialect: Dialect) -> Claim:
    """Return the call's key; raise a 400 Refusal without one in this upstream's form."""
    values = call.header_values(dialect.idempotency_header)
    if len(values) != 1 or dialect.key_form.fullmatch(values[0]) is None:
        raise Refusal(
            400,
            "MELMASTOON.GENERAL.IDEMPOTENCY_KEY_INVALID",
            f"{dialect.idempotency_header} is missing or malformed",
        )
    asked = json.dumps(
        [call.method, call.path, sorted(call.query.items()), call.document], sort_keys=True
    )
    return Claim(key=values[0], fingerprint=hashlib.sha256(asked.encode()).hexdigest())


def kept_answer(call: Call, claim: Claim) -> Answer | None:
    """Return the answer this key already got; raise 409 if it was another request's."""
    row = call.state.connection.execute(
        "SELECT fingerprint, status, headers, body FROM answers"
        " WHERE upstream = ? AND tenant = ? AND key = ? AND at > ?",
        (call.upstream, call.tenant, claim.key, call.at.timestamp() - WINDOW_SECONDS),
    ).fetchone()
    if row is None:
        return None
    if row[0] != claim.fingerprint:
        raise Refusal(409, "MELMASTOON.SYNC.IDEMPOTENCY_KEY_REUSED")
    headers = {**stored(row[2]), "idempotent-replay": "true"}
    return Answer(status=row[1], body=row[3], headers=headers)


def keep_answer(call: Call, claim: Claim, answer: Answer) -> None:
    """Keep a definite answer under its key, in the transaction of what it tells."""
    if not (200 <= answer.status < 300 or answer.status in KEPT_STATUSES):  # noqa: PLR2004 - 2xx
        return
    forget_old_answers(call.state, call.at)
    call.state.connection.execute(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.upstream,
            call.tenant,
            claim.key,
            claim.fingerprint,
            call.method,
            call.path,
            answer.status,
            to_json(dict(answer.headers)),
            answer.body,
            call.at.timestamp(),
        ),
    )


def read_by_key(call: Call) -> Answer:
    """`GET {base}/idempotency-keys/{key}`: what the key did, for one whose answer got lost."""
    row = call.state.connection.execute(
        "SELECT method, path, status, body, at FROM answers"
        " WHERE upstream = ? AND tenant = ? AND key = ? AND at > ?",
        (
            call.upstream,
            call.tenant,
            call.parameters["key"],
            call.at.timestamp() - WINDOW_SECONDS,
        ),
    ).fetchone()
    if row is None:
        raise Refusal(404, NOT_FOUND)
    try:
        body: object = stored(row[3].decode())
    except NotAnObject:
        body = None
    return json_answer(
        {
            "idempotencyKey": call.parameters["key"],
            "method": row[0],
            "path": row[1],
            "status": row[2],
            "at": rfc3339(call.at.fromtimestamp(row[4], tz=call.at.tzinfo)),
            "body": body,
        }
    )


def forget_old_answers(state: State, now: datetime) -> None:
    """Drop the answers whose window is over."""
    state.connection.execute(
        "DELETE FROM answers WHERE at <= ?", (now.timestamp() - WINDOW_SECONDS,)
    )
