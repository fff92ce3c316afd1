"""What an idempotency key promises: one action, one answer, however often it is asked for.

ServiceError
├── IdempotencyKeyReused   the key was used for something else
├── IdempotencyInFlight    the same request is still under way
└── StoredAnswerErased     done, but its answer was erased with a guest's data
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import (
    IdempotencyKey,
    OperatorId,
    PropertyId,
    TenantId,
    ulid_from_bytes,
)
from bff_backoffice.foundation.strict_json import JsonValue

ClaimOutcome = Literal[
    "claimed",  # this caller, and no other, performs the action
    "free",  # nobody has claimed it (only where it was asked, not claimed)
    "stored",  # done: here is the answer
    "in_flight",
    "outcome_pending",  # sent, and not known yet what became of it
    "key_reused",
    "answer_erased",
]
UpstreamKeyForm = Literal["ulid", "uuid"]

ANSWER_LIFETIME_SECONDS: Final = 24 * 60 * 60
IN_FLIGHT_RETRY_SECONDS: Final = 1


class IdempotencyKeyReused(ServiceError):  # noqa: N818 - reads as the fact it states
    """The key belongs to a request with another method, path, property, query or body."""

    code: ClassVar[str] = "idempotency.key_reused"


class IdempotencyInFlight(ServiceError):  # noqa: N818 - reads as the fact it states
    """The same request is under way; its answer is there soon."""

    code: ClassVar[str] = "idempotency.in_flight"

    def __init__(self) -> None:
        super().__init__(retry_after_seconds=IN_FLIGHT_RETRY_SECONDS)


class StoredAnswerErased(ServiceError):  # noqa: N818 - reads as the fact it states
    """The action was done once and is not repeated; its answer named an erased guest."""

    code: ClassVar[str] = "idempotency.answer_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyScope:
    """Whose key it is. The same key of another operator is another key."""

    tenant_id: TenantId
    operator_id: OperatorId
    key: IdempotencyKey

    def upstream_key(self, form: UpstreamKeyForm) -> str:
        """Derive the key an upstream is given: the same for ever, and telling nothing."""
        parts = ("upstream-key.v1", self.tenant_id, self.operator_id, self.key)
        digest = hashlib.sha256(_unambiguous(parts)).digest()
        if form == "uuid":
            # Version 4 by its marked bits: some upstreams check the version they were promised.
            return str(uuid.UUID(bytes=digest[:16], version=4))
        return ulid_from_bytes(digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintedRequest:
    """All that makes one request the same as another. `path` is the concrete one."""

    method: str
    path: str
    property_id: PropertyId | None
    query: Mapping[str, str]
    body: JsonValue
    step_up_target: str | None = None

    def fingerprint(self) -> bytes:
        """Return 32 bytes; the order of members and of query fields makes no difference."""
        parts = (
            self.method,
            self.path,
            self.property_id,
            sorted(self.query.items()),
            self.body,
            self.step_up_target,
        )
        return hashlib.sha256(_unambiguous(parts)).digest()


def _unambiguous(parts: tuple[object, ...]) -> bytes:
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
