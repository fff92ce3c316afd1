"""A session: one operator signed in on one device, as this service remembers it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from bff_backoffice.foundation.identifiers import PropertyId, SessionId

SESSION_LIFETIME: Final = timedelta(hours=12)
"""Sliding: each admitted request starts it anew."""

SCOPE_LIFETIME: Final = timedelta(minutes=5)
"""How long an answer of tenant-service about roles and properties is believed."""

AppPlatform = Literal["win32", "darwin", "linux"]
NetworkProfile = Literal["good", "flaky", "offline-recently"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSession:
    """What is remembered of a session; roles and properties are the token's, not ours."""

    id: SessionId
    opened_at: str
    locale: str
    primary_property_id: PropertyId | None
    app_version: str | None
    app_platform: str | None
    network_profile: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorScope:
    """What tenant-service says an operator may do now. It can only narrow a token."""

    roles: frozenset[str]
    property_ids: frozenset[PropertyId]
