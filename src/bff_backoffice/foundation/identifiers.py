"""Typed ids: `<prefix>_<ULID>`. Ours are minted here; foreign ones are only recognised."""

import os
import re
from typing import Final, NewType

from bff_backoffice.foundation.clock import Clock

TenantId = NewType("TenantId", str)
PropertyId = NewType("PropertyId", str)
OperatorId = NewType("OperatorId", str)
DeviceId = NewType("DeviceId", str)
IamSessionId = NewType("IamSessionId", str)
SessionId = NewType("SessionId", str)
ReservationId = NewType("ReservationId", str)
RoomId = NewType("RoomId", str)
LockId = NewType("LockId", str)
CredentialId = NewType("CredentialId", str)
LockAuditId = NewType("LockAuditId", str)
GuestId = NewType("GuestId", str)
ActivityId = NewType("ActivityId", str)
DashboardId = NewType("DashboardId", str)
EventId = NewType("EventId", str)
RequestId = NewType("RequestId", str)
IdempotencyKey = NewType("IdempotencyKey", str)

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_PAIRS: Final = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
_RANDOM_BYTES: Final = 10
_RANDOM_BITS: Final = _RANDOM_BYTES * 8
_MILLISECOND_BITS: Final = 48
_ULID_CHARACTERS: Final = 26
_PAIR_SHIFTS: Final = range((_ULID_CHARACTERS - 2) * 5, -1, -10)


def new_ulid(clock: Clock) -> str:
    """Mint a ULID: 48 bits of milliseconds, 80 bits of randomness."""
    milliseconds = int(clock.epoch_seconds() * 1000) & ((1 << _MILLISECOND_BITS) - 1)
    return _encode((milliseconds << _RANDOM_BITS) | int.from_bytes(os.urandom(_RANDOM_BYTES)))


def ulid_from_bytes(sixteen_bytes: bytes) -> str:
    """Write 16 bytes as a ULID: for ids derived from other ids, never for new ones."""
    value = int.from_bytes(sixteen_bytes[:16]) & ((1 << (_MILLISECOND_BITS + _RANDOM_BITS)) - 1)
    return _encode(value)


def is_ulid(text: str) -> bool:
    """Tell whether the text is a ULID in its canonical upper-case form."""
    return _ULID.fullmatch(text) is not None


def is_identifier(text: str, prefix: str) -> bool:
    """Tell whether the text is `<prefix>_<ULID>`."""
    return text.startswith(prefix + "_") and is_ulid(text[len(prefix) + 1 :])


def _encode(value: int) -> str:
    return "".join([_CROCKFORD_PAIRS[(value >> shift) & 1023] for shift in _PAIR_SHIFTS])
