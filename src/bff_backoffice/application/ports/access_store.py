"""The session tier: one atomic step that admits a request or does nothing.

Fails: closed. No answer is AccessStoreUnavailable, and nobody is let in.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from bff_backoffice.domain.device_session import DeviceSession, OperatorScope
from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    OperatorId,
    TenantId,
)

Outcome = Literal[
    "admitted",
    "session_missing",  # nothing was claimed: ask again with a session to open
    "revoked",
    "replayed",
    "quota_spent",
    "generation_unknown",  # nothing was claimed: the store is not the one we know
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHolder:
    """Whose session it is; all of it from the verified token."""

    tenant_id: TenantId
    operator_id: OperatorId
    device_id: DeviceId
    iam_session_id: IamSessionId
    thumbprint: str
    auth_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSession:
    """The session that ends."""

    tenant_id: TenantId
    device_id: DeviceId
    iam_session_id: IamSessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToOpen:
    """A session to open if there is none yet, and the event that is then owed."""

    session: DeviceSession
    owed_event: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the one step decided. Session and scope are set only where it admitted."""

    outcome: Outcome
    session: DeviceSession | None = None
    scope: OperatorScope | None = None


class AccessStoreDown(Exception):  # noqa: N818 - a state of the store
    """The store gave no answer. Whether the proof was claimed is not known."""


class AccessStore(Protocol):
    """Sessions, revocations, proof claims and quotas behind one script."""

    async def admit(
        self,
        holder: SessionHolder,
        proof_identifier: str,
        *,
        generation: int,
        to_open: SessionToOpen | None = None,
    ) -> Admission:
        """Claim the proof if generation, revocations, session and quota all hold.

        Any other outcome has claimed and changed nothing. Raises AccessStoreDown.
        """
        ...

    async def put_scope(
        self, tenant_id: TenantId, operator_id: OperatorId, scope: OperatorScope
    ) -> None:
        """Remember what tenant-service said, for SCOPE_LIFETIME. Raises AccessStoreDown."""
        ...

    async def end_session(self, ended: EndedSession, owed_event: bytes) -> None:
        """Forget the session, refuse its `sid`, leave the owed event. Raises AccessStoreDown."""
        ...
