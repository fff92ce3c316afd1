"""An action that changes something upstream, and how it can end.

ServiceError
├── MutationUpstreamUnavailable   nothing was sent; the same key may be used again
├── MutationsOverloaded           nothing was claimed; too many are under way here
├── MutationNotPerformed          settled: the upstream never acted, and never will
├── ReservationRefusal            the reservation service's own decisions
│   ├── ReservationNotFound
│   ├── ReservationIllegalTransition
│   ├── ReservationRoomNotReady
│   ├── ReservationVersionConflict
│   └── ReservationRejected       any other refusal of theirs
└── ReservationNoRoomReady        no room was named and none of its type is ready
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import (
    ActivityId,
    DeviceId,
    RequestId,
    ReservationId,
    RoomId,
    SessionId,
)

MutationState = Literal["succeeded", "refused", "not_performed", "parked"]
SettledBy = Literal["request", "reconciler"]


class MutationUpstreamUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """The upstream could not be asked at all."""

    code: ClassVar[str] = "mutation.upstream_unavailable"


class MutationsOverloaded(ServiceError):  # noqa: N818 - reads as the fact it states
    """This process performs as many actions as it may; nothing was claimed."""

    code: ClassVar[str] = "mutation.overloaded"


class MutationStoreUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """The claim could not be recorded, so nothing was sent. Fails closed."""

    code: ClassVar[str] = "mutation.store_unavailable"


class MutationNotPerformed(ServiceError):  # noqa: N818 - reads as the fact it states
    """The outcome was unknown and is settled now: the upstream did not act. Use a new key."""

    code: ClassVar[str] = "mutation.not_performed"


class ReservationRefusal(ServiceError):  # noqa: N818 - reads as the fact it states
    """A definite decision of the reservation service. Only its subclasses have a code."""


class ReservationNotFound(ReservationRefusal):
    """No such reservation in this tenant and property."""

    code: ClassVar[str] = "reservation.not_found"


class ReservationIllegalTransition(ReservationRefusal):
    """The reservation's state does not allow this."""

    code: ClassVar[str] = "reservation.illegal_transition"


class ReservationRoomNotReady(ReservationRefusal):
    """The room is not ready for a guest, or not free."""

    code: ClassVar[str] = "reservation.room_not_ready"


class ReservationVersionConflict(ReservationRefusal):
    """Somebody changed the reservation meanwhile."""

    code: ClassVar[str] = "reservation.version_conflict"


class ReservationRejected(ReservationRefusal):
    """A rule of the reservation service that has no code of its own here."""

    code: ClassVar[str] = "reservation.rejected"


class ReservationNoRoomReady(ServiceError):  # noqa: N818 - reads as the fact it states
    """The reservation has no room yet and no room of its type is ready."""

    code: ClassVar[str] = "reservation.no_room_ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """Move a guest in. `note` may name a person: it is never logged and stored encrypted only."""

    reservation_id: ReservationId
    room_id: RoomId
    room_number: str | None = None
    """For the answer only, and there only where the room was chosen here: never sent on."""
    is_document_verified: bool | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationAfter:
    """What a reservation is once the upstream has acted."""

    id: ReservationId
    state: str
    room_id: RoomId | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationOrigin:
    """Which request an action came from: identifiers only, kept with claim and activity."""

    request_id: RequestId
    traceparent: str | None
    path: str
    device_id: DeviceId
    session_id: SessionId
    app_version: str | None
    app_platform: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationOutcome:
    """How an action ended. `result` holds identifiers and states, nothing about a person."""

    activity_id: ActivityId
    state: MutationState
    settled_by: SettledBy
    refusal_code: str | None = None
    result: dict[str, object] | None = None
