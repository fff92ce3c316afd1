"""What makes one upstream's answers differ from another's: headers, ids, error bodies."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from upstream_simulator.documents import Document, to_json
from upstream_simulator.exchange import PROBLEM_TYPE, Answer, Call, Refusal
from upstream_simulator.identifiers import ULID, UUID

ANY_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
ULID_KEY: Final = ULID
UUID_KEY: Final = UUID

ProblemForm = Callable[[Call, Refusal], Document]


def flat(type_base: str, *, type_by_segment: bool = False) -> ProblemForm:
    """RFC 9457 members at the top level; extension members beside them."""

    def form(call: Call, refusal: Refusal) -> Document:
        segments = refusal.code.split(".")
        name = "/".join(segments[1:]) if type_by_segment else refusal.code
        return {"type": f"{type_base}/{name}", **_members(call, refusal), **refusal.members}

    return form


def canonical(call: Call, refusal: Refusal) -> Document:
    """Write the platform's own form: one object `error`."""
    key = refusal.code.removeprefix("MELMASTOON.").lower()
    return {
        "error": {
            "type": f"https://errors.melmastoon.ghasi.io/{refusal.code}",
            **_members(call, refusal),
            "retriable": refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
            "userMessageKey": f"errors.{key}",
            "docUrl": f"https://docs.melmastoon.ghasi.io/errors/{refusal.code}",
            "runbook": f"https://runbooks.melmastoon.ghasi.io/{refusal.code}",
            **refusal.members,
        }
    }


def billing_form(call: Call, refusal: Refusal) -> Document:
    """Write billing's `error` object inside an RFC 9457 body."""
    return {
        "type": f"https://errors.melmastoon.app/{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "error": {
            "code": refusal.code,
            "message": refusal.detail or HTTPStatus(refusal.status).phrase,
            "details": dict(refusal.members),
            "traceId": _trace_id(call),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One upstream's manners."""

    problem_form: ProblemForm
    base: str = "/api/v1"
    tenant_prefix: str = "tnt"
    property_prefix: str = "ppt"
    idempotency_header: str = "idempotency-key"
    key_form: re.Pattern[str] = ULID_KEY
    mismatch_status: int = 403
    mismatch_code: str = "MELMASTOON.TENANT.MISMATCH"

    def problem(self, call: Call, refusal: Refusal) -> Answer:
        """Write the refusal as this upstream does."""
        headers: Mapping[str, str] = {"content-type": PROBLEM_TYPE, **refusal.headers}
        body = to_json(self.problem_form(call, refusal)).encode()
        return Answer(status=refusal.status, body=body, headers=headers)


def _members(call: Call, refusal: Refusal) -> Document:
    return {
        "code": refusal.code,
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.detail or HTTPStatus(refusal.status).phrase,
        "instance": call.path,
        "traceId": _trace_id(call),
        "requestId": call.header("x-request-id"),
        "tenantId": call.header("x-tenant-id"),
    }


def _trace_id(call: Call) -> str:
    parts = (call.header("traceparent") or "").split("-")
    return parts[1] if len(parts) > 1 else "0" * 32
