"""Events we owe the broker: their names, where they go, what they may carry.

Telemetry only. A payload holds identifiers, closed words and times, so no name, phone, mail or
document number can get in: there is no field that would take one.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from bff_backoffice.foundation.identifiers import EventId, SessionId, TenantId, ulid_from_bytes

SUBJECT_PREFIX: Final = "melmastoon.bff.backoffice."
SCHEMA_BASE: Final = "https://schemas.melmastoon.ghasi.io/bff-backoffice"
PRODUCER: Final = "bff-backoffice-service"
SESSION_TOPIC: Final = SUBJECT_PREFIX + "session"
ACTIVITY_TOPIC: Final = SUBJECT_PREFIX + "activity"

RetentionClass = Literal["operational", "regulated"]
SessionEventKind = Literal["opened", "closed"]

ROLES: Final = frozenset(
    {
        "front_desk",
        "housekeeping_lead",
        "housekeeper",
        "maintenance_tech",
        "fnb_manager",
        "general_manager",
        "owner",
    }
)
LOCALES: Final = frozenset({"en", "fr", "ar", "fa-AF", "ps"})
APP_PLATFORMS: Final = frozenset({"win32", "darwin", "linux"})
_APP_VERSION: Final = re.compile(
    r"\d{1,5}(\.\d{1,5}){1,3}(-(alpha|beta|rc|dev)(\.\d{1,5})?)?", re.ASCII
)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """One row of the event table. `aggregate` and `verb` make the subject and the schema's name."""

    aggregate: str
    verb: str
    topic: str
    retention: RetentionClass
    sampling_rate: float = 1.0
    version: int = 1

    @property
    def subject(self) -> str:
        """Return the full subject, version included."""
        return f"{SUBJECT_PREFIX}{self.aggregate}.{self.verb}.v{self.version}"

    @property
    def schema_uri(self) -> str:
        """Return where the schema is published."""
        return f"{SCHEMA_BASE}/{self.aggregate}-{self.verb}/v{self.version}.json"


SESSION_OPENED: Final = EventKind(
    aggregate="session", verb="opened", topic=SESSION_TOPIC, retention="regulated"
)
SESSION_CLOSED: Final = EventKind(
    aggregate="session", verb="closed", topic=SESSION_TOPIC, retention="regulated"
)
MUTATION_PROXIED: Final = EventKind(
    aggregate="mutation", verb="proxied", topic=ACTIVITY_TOPIC, retention="regulated"
)
LOCK_ACTION_PROXIED: Final = EventKind(
    aggregate="lock_action", verb="proxied", topic=ACTIVITY_TOPIC, retention="regulated"
)
EVENT_KINDS: Final = (SESSION_OPENED, SESSION_CLOSED, MUTATION_PROXIED, LOCK_ACTION_PROXIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event as the outbox keeps it: JSON without `publishedAt`, which the relay knows."""

    event_id: EventId
    tenant_id: TenantId
    topic: str
    ordering_key: str
    event: bytes


def session_event_id(session_id: SessionId, kind: SessionEventKind) -> EventId:
    """Derive the event's id, so that a session is told opened, and closed, once."""
    digest = hashlib.sha256(f"session-event.v1|{kind}|{session_id}".encode()).digest()
    return EventId(f"evt_{ulid_from_bytes(digest)}")


def plain_app_version(text: str | None) -> str | None:
    """Return a version number, or None for anything else that a header may hold."""
    return text if text is not None and _APP_VERSION.fullmatch(text) else None


def plain_app_platform(text: str | None) -> str | None:
    """Return a known platform, or None."""
    return text if text in APP_PLATFORMS else None


def plain_traceparent(text: str | None) -> str | None:
    """Return a W3C traceparent, or None."""
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None
