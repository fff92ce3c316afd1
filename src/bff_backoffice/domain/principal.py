"""Who is calling, once token, proof, session and revocations all hold."""

from dataclasses import dataclass
from datetime import datetime

from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    OperatorId,
    PropertyId,
    RequestId,
    SessionId,
    TenantId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated operator on a device, inside one tenant.

    `roles` and `property_ids` are the token's own, narrowed by tenant-service once it has
    answered (`is_scope_resolved`). Nothing else can widen them.
    """

    tenant_id: TenantId
    operator_id: OperatorId
    device_id: DeviceId
    session_id: SessionId
    iam_session_id: IamSessionId
    roles: frozenset[str]
    property_ids: frozenset[PropertyId]
    is_scope_resolved: bool
    primary_property_id: PropertyId | None
    locale: str
    token_expires_at: datetime
    session_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What a use case may know of the request that called it: for audit, events and traces."""

    request_id: RequestId
    traceparent: str | None
    received_at: datetime
    app_version: str | None
    app_platform: str | None

    @property
    def trace_id(self) -> str | None:
        """The trace that the caller's `traceparent` names, if it sent a valid one."""
        return self.traceparent.split("-")[1] if self.traceparent else None
