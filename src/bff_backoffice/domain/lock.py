"""Door locks, the keys that open them, and what the lock service may refuse.

ServiceError
└── LockRefusal                    definite; nothing was issued
    ├── LockNotFound
    ├── LockReservationNotCheckedIn
    ├── LockRoomMismatch           a key opens the guest's own door and no other
    ├── LockKindUnsupported
    ├── LockValidityInvalid
    ├── LockNotReachable
    └── LockRejected               any other refusal of the lock service
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import (
    ActivityId,
    CredentialId,
    DeviceId,
    GuestId,
    LockAuditId,
    LockId,
    ReservationId,
    RoomId,
)

LockVendor = Literal["ttlock", "salto", "assa-abloy", "generic-wiegand"]
KeyKind = Literal["mobile_app", "pin_code", "rfid_card", "qr_code", "nfc_tag"]
CredentialState = Literal["requested", "pending", "active", "suspended", "revoked", "failed"]
LockHealthState = Literal["ok", "battery_low", "offline", "tamper"]


class LockRefusal(ServiceError):  # noqa: N818 - reads as the fact it states
    """Nothing was issued. Only its subclasses have a code."""


class LockNotFound(LockRefusal):
    """No such lock in this tenant and property."""

    code: ClassVar[str] = "lock.not_found"


class LockReservationNotCheckedIn(LockRefusal):
    """Nobody gets a key before the check-in or after the check-out."""

    code: ClassVar[str] = "lock.reservation_not_checked_in"


class LockRoomMismatch(LockRefusal):
    """The lock is not the one on the reservation's room."""

    code: ClassVar[str] = "lock.room_mismatch"


class LockKindUnsupported(LockRefusal):
    """The lock takes no key of this kind."""

    code: ClassVar[str] = "lock.kind_unsupported"


class LockValidityInvalid(LockRefusal):
    """`validFrom` is not before `validUntil`, or the lock service does not allow the span."""

    code: ClassVar[str] = "lock.validity_invalid"


class LockNotReachable(LockRefusal):
    """The lock is offline: no key can be written to it."""

    code: ClassVar[str] = "lock.not_reachable"


class LockRejected(LockRefusal):
    """A rule of the lock service that has no code of its own here."""

    code: ClassVar[str] = "lock.rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A lock as far as issuing a key needs to know it. Common areas have no room."""

    id: LockId
    room_id: RoomId | None
    vendor: LockVendor
    supported_kinds: frozenset[str]


class LockLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A lock as lists show it. Without `room_id` it is on a common area's door."""

    id: str
    name: str
    vendor: LockVendor
    health: LockHealthState
    supported_kinds: tuple[KeyKind, ...]
    room_id: str | None = None
    battery_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPage:
    """One page of a property's locks."""

    items: tuple[LockLine, ...]
    next_place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStay:
    """The stay a key is for. The name is personal data: never logged, stored sealed only."""

    is_checked_in: bool
    room_id: RoomId | None
    guest_id: GuestId
    guest_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """Give a guest a key. Names a person: never logged, stored sealed only."""

    lock_id: LockId
    room_id: RoomId
    vendor: LockVendor
    reservation_id: ReservationId
    kind: KeyKind
    valid_from: datetime
    valid_until: datetime
    areas: tuple[str, ...]
    guest_id: GuestId
    guest_name: str
    device_id: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key as the lock service has issued it."""

    id: CredentialId
    kind: KeyKind
    state: CredentialState
    vendor: LockVendor


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIntent:
    """What the ledger says of a lock action before the vendor is asked. Nobody's name."""

    reservation_id: ReservationId
    vendor: LockVendor
    kind: KeyKind
    valid_from: datetime
    valid_until: datetime
    areas: tuple[str, ...]


def audit_id_of(activity_id: ActivityId) -> LockAuditId:
    """Return the ledger's id of an action: its activity's ULID, so that neither can go astray."""
    return LockAuditId("lap_" + activity_id.removeprefix("act_"))
