"""Bodies of the actions and of what became of them."""

from typing import Annotated

import msgspec

NOTE_CHARACTERS_MAX = 500
ROOM_ID = r"^rmu_[0-7][0-9A-HJKMNP-TV-Z]{25}$"


class CheckInBody(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Without `roomId` the reservation's room, else the first ready one of its type."""

    room_id: Annotated[str, msgspec.Meta(pattern=ROOM_ID)] | None = None
    document_verified: bool | None = None
    note: Annotated[str, msgspec.Meta(max_length=NOTE_CHARACTERS_MAX)] | None = None


class CheckedInReservation(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """The reservation after the check-in. `roomNumber` is there where the room was chosen here."""

    id: str
    state: str
    room_id: str | None
    room_number: str | None = None
    version: int


class CheckedInBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a check-in that was done."""

    reservation: CheckedInReservation
    activity_id: str


class PendingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer while an outcome is not known: not an error."""

    status: str
    activity_id: str
    status_url: str


class ActivityBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`result` is there once the action has succeeded or was refused."""

    state: str
    result: dict[str, object] | None = None
