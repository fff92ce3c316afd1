"""Bodies of the lock routes."""

from datetime import datetime
from typing import Annotated

import msgspec

from bff_backoffice.application.mutations.issue_key import CredentialState, KeyKind, LockVendor
from bff_backoffice.application.workbench.locks import LocksPage

__all__ = ["AuditLine", "IssueKeyBody", "IssuedKey", "IssuedKeyBody", "LockAuditBody", "LocksPage"]

RESERVATION_ID = r"^rsv_[0-7][0-9A-HJKMNP-TV-Z]{25}$"
AREAS_MAX = 10
AREA_CHARACTERS_MAX = 64

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Area = Annotated[str, msgspec.Meta(min_length=1, max_length=AREA_CHARACTERS_MAX)]


class IssueKeyBody(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Times are RFC 3339 with an offset. `areas` are doors beside the room's own."""

    reservation_id: Annotated[str, msgspec.Meta(pattern=RESERVATION_ID)]
    kind: KeyKind
    valid_from: Moment
    valid_until: Moment
    areas: Annotated[tuple[Area, ...], msgspec.Meta(max_length=AREAS_MAX)] = ()


class IssuedKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The key as the lock service has issued it."""

    id: str
    kind: KeyKind
    state: CredentialState
    vendor: LockVendor


class IssuedKeyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a key that was issued. `auditId` names its two rows in the ledger."""

    credential: IssuedKey
    audit_id: str
    activity_id: str


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One row of the ledger; `hash` chains it to the row before of the same tenant."""

    seq: int
    audit_id: str
    phase: str
    recorded_at: str
    action: str
    activity_id: str
    reservation_id: str
    operator_id: str
    device_id: str
    vendor: LockVendor
    kind: KeyKind
    valid_from: str
    valid_until: str
    areas: tuple[str, ...]
    hash: str
    outcome: str | None = None
    code: str | None = None
    credential_id: str | None = None


class LockAuditBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a lock's rows, newest first."""

    items: list[AuditLine]
    next_cursor: str | None
