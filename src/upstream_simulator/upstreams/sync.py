"""sync-service: the handshake; bulk never passes here."""

from typing import Final

from upstream_simulator.bodies import count_in, names_in, only_members, optional_object_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import Dialect, canonical
from upstream_simulator.exchange import Answer, Call, Refusal, Route, json_answer
from upstream_simulator.identifiers import new_id
from upstream_simulator.upstream import Upstream

BASE: Final = "/sync/v1"
SCHEMA_VERSION: Final = 1
SCOPES_MAX: Final = 50
QUEUE_DEPTH_MAX: Final = 1_000_000
POLICIES: Final[dict[str, str]] = {
    "reservation.reservation": "server_authoritative",
    "reservation.notes": "lww+diff",
    "reservation.modification": "append_only",
    "housekeeping.task": "lww",
    "housekeeping.room": "server_authoritative",
    "maintenance.work_order": "server_authoritative",
    "billing.folio": "append_only",
    "property.room": "lww+diff",
    "lock.key_credential": "server_authoritative",
    "iam.device": "max-of",
    "notes.handover": "crdt_yjs",
}


def sync_upstream() -> Upstream:
    """Return sync-service."""
    return Upstream(
        name="sync",
        dialect=Dialect(problem_form=canonical, base=BASE),
        routes=(
            Route(method="POST", pattern=f"{BASE}/handshake", handler=_handshake, kind="question"),
        ),
    )


def _handshake(call: Call) -> Answer:
    document = call.document
    known = ("deviceId", "operatorId", "scopes", "schemaVersion", "cursors", "queueDepth")
    only_members(document, known)
    text_in(document, "deviceId")
    text_in(document, "operatorId")
    count_in(document, "queueDepth", least=0, most=QUEUE_DEPTH_MAX, default=0)
    scopes = names_in(document, "scopes", most=SCOPES_MAX)
    version = count_in(document, "schemaVersion", least=0, most=1_000_000)
    held = optional_object_in(document, "cursors")
    if version != SCHEMA_VERSION:
        raise Refusal(409, "MELMASTOON.SYNC.SCHEMA_UNSUPPORTED", supported=SCHEMA_VERSION)
    unknown = [scope for scope in scopes if scope not in POLICIES]
    if unknown:
        errors = [{"field": "scopes", "code": "unknown"}]
        raise Refusal(422, "MELMASTOON.SYNC.SCOPE_UNKNOWN", errors=errors)
    answer = {
        "handshakeId": new_id("hs", call.at),
        "endpoint": "https://sync.melmastoon.internal/sync/v1",
        "scopes": scopes,
        "cursors": {scope: held.get(scope, "0" * 26) for scope in scopes},
        "conflictPolicies": {scope: POLICIES[scope] for scope in scopes},
        "serverTime": rfc3339(call.at),
        "backoff": {"minMs": 500, "maxMs": 30_000},
    }
    return json_answer(answer)
