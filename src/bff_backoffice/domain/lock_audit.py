"""The ledger of lock actions: rows chained by hashes, and what is wrong with a chain.

The hash input is written here a second time, apart from the database that writes the rows:
whoever verifies must not have to trust the one who wrote (decision 0009).
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from bff_backoffice.domain.lock import KeyKind, LockVendor

GENESIS: Final = bytes(32)
FORMAT: Final = "lock-audit.v1"

AuditPhase = Literal["intent", "outcome"]
AuditOutcome = Literal["succeeded", "refused", "not_performed", "not_sent", "parked"]
Flaw = Literal[
    "missing",  # a number is left out: rows are gone
    "repeated",  # a number comes twice
    "out_of_place",  # does not follow on the row before it: reordered or put in
    "altered",  # its content is not what was hashed
    "cut_off",  # the chain ends before, or elsewhere than, its head says
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row. Identifiers, closed words and times: nobody's name."""

    tenant_id: str
    seq: int
    recorded_at: datetime
    audit_id: str
    phase: AuditPhase
    activity_id: str
    action: str
    lock_id: str
    reservation_id: str
    property_id: str
    operator_id: str
    device_id: str
    session_id: str
    request_id: str
    vendor: LockVendor
    kind: KeyKind
    valid_from: datetime
    valid_until: datetime
    areas: tuple[str, ...]
    attempt: int
    outcome: AuditOutcome | None
    refusal_code: str | None
    credential_id: str | None
    settled_by: str | None
    prev_hash: bytes
    hash: bytes

    def computed_hash(self) -> bytes:
        """Return what `hash` has to be."""
        fields = (
            FORMAT,
            self.tenant_id,
            str(self.seq),
            self.prev_hash.hex(),
            _time(self.recorded_at),
            self.audit_id,
            self.phase,
            self.activity_id,
            self.action,
            self.lock_id,
            self.reservation_id,
            self.property_id,
            self.operator_id,
            self.device_id,
            self.session_id,
            self.request_id,
            self.vendor,
            self.kind,
            _time(self.valid_from),
            _time(self.valid_until),
            _text(self.areas),
            str(self.attempt),
            self.outcome,
            self.refusal_code,
            self.credential_id,
            self.settled_by,
        )
        return hashlib.sha256(_text(fields).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where a tenant's chain ends, as the writers keep it."""

    tenant_id: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLink:
    """The first row at which a chain is not whole."""

    seq: int
    flaw: Flaw


class ChainWalk:
    """Takes a chain's rows in order of their numbers and says where it first breaks."""

    def __init__(self) -> None:
        self._seq = 0
        self._hash = GENESIS

    @property
    def rows(self) -> int:
        """How many rows held."""
        return self._seq

    def take(self, entry: AuditEntry) -> BrokenLink | None:
        """Take the next row; None while the chain is whole."""
        flaw = self._flaw(entry)
        if flaw is not None:
            return BrokenLink(seq=self._seq + 1 if flaw == "missing" else entry.seq, flaw=flaw)
        self._seq, self._hash = entry.seq, entry.hash
        return None

    def end(self, head: ChainHead) -> BrokenLink | None:
        """Compare the end with what the head says."""
        if (head.seq, head.hash) == (self._seq, self._hash):
            return None
        return BrokenLink(seq=min(self._seq, head.seq) + 1, flaw="cut_off")

    def _flaw(self, entry: AuditEntry) -> Flaw | None:
        if entry.seq > self._seq + 1:
            return "missing"
        if entry.seq <= self._seq:
            return "repeated"
        if entry.prev_hash != self._hash:
            return "out_of_place"
        return None if entry.computed_hash() == entry.hash else "altered"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(fields: tuple[str | None, ...]) -> str:
    """Write each field with its length in bytes, so that no two lists read the same."""
    return ",".join("-" if field is None else f"{len(field.encode())}:{field}" for field in fields)
