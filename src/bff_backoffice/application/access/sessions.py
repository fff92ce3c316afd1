"""Opening and ending sessions, and the events that are then owed."""

from typing import Literal

import msgspec

from bff_backoffice.application.ports.access_store import SessionToOpen
from bff_backoffice.domain.device_session import DeviceSession
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock, rfc3339
from bff_backoffice.foundation.identifiers import SessionId, new_ulid
from bff_backoffice.security.access_token import VerifiedAccessToken


class OwedSessionEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the worker needs to publish `session.opened` or `session.closed`."""

    kind: str
    session_id: str
    tenant_id: str
    operator_id: str
    device_id: str
    iam_session_id: str
    roles: list[str]
    property_ids: list[str]
    at: str
    locale: str | None
    app_version: str | None
    app_platform: str | None
    request_id: str
    traceparent: str | None


def propose_session(
    token: VerifiedAccessToken,
    facts: RequestFacts,
    clock: Clock,
    *,
    locale: str,
    network_profile: str | None,
) -> SessionToOpen:
    """Return the session that opens if the token has none, with the event it then owes."""
    session = DeviceSession(
        id=SessionId(f"bos_{new_ulid(clock)}"),
        opened_at=rfc3339(clock.now()),
        locale=locale,
        primary_property_id=None,
        app_version=facts.app_version,
        app_platform=facts.app_platform,
        network_profile=network_profile,
    )
    event = owed_event("opened", session.id, token, facts, clock, locale=locale)
    return SessionToOpen(session=session, owed_event=event)


def owed_event(
    kind: Literal["opened", "closed"],
    session_id: SessionId,
    who: VerifiedAccessToken | Principal,
    facts: RequestFacts,
    clock: Clock,
    *,
    locale: str | None = None,
) -> bytes:
    """Write the event as the session tier keeps it until the worker has moved it on."""
    return msgspec.json.encode(
        OwedSessionEvent(
            kind=kind,
            session_id=session_id,
            tenant_id=who.tenant_id,
            operator_id=who.operator_id,
            device_id=who.device_id,
            iam_session_id=who.iam_session_id,
            roles=sorted(who.roles),
            property_ids=sorted(who.property_ids),
            at=rfc3339(clock.now()),
            locale=locale,
            app_version=facts.app_version,
            app_platform=facts.app_platform,
            request_id=facts.request_id,
            traceparent=facts.traceparent,
        )
    )
