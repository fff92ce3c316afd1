"""Move what the session tier owes into the outbox, once, through any crash.

The session tier's script appends; here entries are read, written to the outbox in their own
tenant's transaction, and only then removed. The event's id is derived from the session, so a
crash between the last two steps writes nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from bff_backoffice.application.messaging.events import EventActor, EventWriter
from bff_backoffice.application.ports.outbox import Outbox
from bff_backoffice.application.ports.owed_session_events import OwedSessionEvents
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.message import (
    LOCALES,
    ROLES,
    SESSION_CLOSED,
    SESSION_OPENED,
    EventKind,
    Message,
    plain_app_platform,
    plain_app_version,
    plain_traceparent,
    session_event_id,
)
from bff_backoffice.foundation.identifiers import SessionId, TenantId, is_identifier

BATCH_MAX: Final = 200
PROPERTIES_MAX: Final = 200
_ULID: Final = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_TIME: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
_KINDS: Final[dict[str, EventKind]] = {"opened": SESSION_OPENED, "closed": SESSION_CLOSED}


class OwedSessionEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry as the session tier holds it."""

    kind: Literal["opened", "closed"]
    session_id: Annotated[SessionId, Meta(pattern=f"^bos_{_ULID}$")]
    tenant_id: Annotated[TenantId, Meta(pattern=f"^tnt_{_ULID}$")]
    operator_id: Annotated[str, Meta(pattern=f"^opr_{_ULID}$")]
    device_id: Annotated[str, Meta(pattern=f"^dev_{_ULID}$")]
    iam_session_id: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{8,64}$")]
    at: Annotated[str, Meta(pattern=_TIME)]
    request_id: Annotated[str, Meta(pattern=f"^(req_)?{_ULID}$")]
    roles: Sequence[str] = ()
    property_ids: Sequence[str] = ()
    locale: str | None = None
    app_version: str | None = None
    app_platform: str | None = None
    traceparent: str | None = None


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of `session.opened.v1`."""

    session_id: str
    iam_session_id: str
    roles: list[str]
    property_ids: list[str]
    locale: str | None


class SessionClosed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of `session.closed.v1`."""

    session_id: str
    iam_session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """What one round did. `is_more_waiting` says that another round is due at once."""

    moved: int
    set_aside: int
    held_back: int
    is_more_waiting: bool


class MoveSessionEvents:
    """One round at a time; several movers do no harm."""

    def __init__(self, owed: OwedSessionEvents, outbox: Outbox, events: EventWriter) -> None:
        self._owed = owed
        self._outbox = outbox
        self._events = events

    async def run_once(self) -> MoveReport:
        """Move the oldest entries. Raises OwedSessionEventsUnavailable.

        What PostgreSQL does not take stays in the list, with everything of the same session
        behind it, so that a session is never told closed before it is told opened.
        """
        entries = await self._owed.oldest(BATCH_MAX)
        safe: list[bytes] = []
        held_back: set[str] = set()
        set_aside = 0
        for entry in entries:
            message = self._message(entry)
            if message is None:
                await self._owed.set_aside(entry)
                set_aside += 1
            elif message.ordering_key not in held_back:
                if await self._is_appended(message):
                    safe.append(entry)
                else:
                    held_back.add(message.ordering_key)
        await self._owed.remove(safe)
        return MoveReport(
            moved=len(safe),
            set_aside=set_aside,
            held_back=len(entries) - len(safe) - set_aside,
            is_more_waiting=len(entries) == BATCH_MAX and not held_back,
        )

    async def _is_appended(self, message: Message) -> bool:
        try:
            await self._outbox.append(message)
        except StoreUnavailable:
            return False
        return True

    def _message(self, entry: bytes) -> Message | None:
        try:
            owed = msgspec.json.decode(entry, type=OwedSessionEvent)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        actor = EventActor(
            tenant_id=owed.tenant_id,
            operator_id=owed.operator_id,
            device_id=owed.device_id,
            session_id=owed.session_id,
            property_id=None,
            request_id=owed.request_id,
            traceparent=plain_traceparent(owed.traceparent),
            app_version=plain_app_version(owed.app_version),
            app_platform=plain_app_platform(owed.app_platform),
        )
        return self._events.write(
            _KINDS[owed.kind],
            actor,
            _payload(owed),
            aggregate_id=owed.session_id,
            occurred_at=owed.at,
            event_id=session_event_id(owed.session_id, owed.kind),
        )


def _payload(owed: OwedSessionEvent) -> msgspec.Struct:
    if owed.kind == "closed":
        return SessionClosed(session_id=owed.session_id, iam_session_id=owed.iam_session_id)
    return SessionOpened(
        session_id=owed.session_id,
        iam_session_id=owed.iam_session_id,
        roles=sorted(ROLES.intersection(owed.roles)),
        property_ids=sorted(
            property_id for property_id in owed.property_ids if is_identifier(property_id, "prop")
        )[:PROPERTIES_MAX],
        locale=owed.locale if owed.locale in LOCALES else None,
    )
