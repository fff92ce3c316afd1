"""Ending one's own session: refused here at once and for good, then ended at iam."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.access.revoke import Revoke
from bff_backoffice.application.access.sessions import owed_event
from bff_backoffice.application.ports.access_store import (
    AccessStore,
    AccessStoreDown,
    EndedSession,
)
from bff_backoffice.application.ports.iam_sessions import IamSessions
from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline

REVOCATION_LIFETIME: Final = timedelta(days=30, minutes=15)
"""A refresh token's life, and an access token's on top: nothing older can come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """Ends the caller's session."""

    revoke: Revoke
    store: AccessStore
    iam: IamSessions
    clock: Clock

    async def __call__(self, caller: Principal, facts: RequestFacts, deadline: Deadline) -> bool:
        """End the session; returns whether iam has ended its side too.

        Once this returns, no token of the session is taken here any more, whatever iam does:
        its `sid` stays refused. Raises AccessStoreUnavailable when that could not be recorded.
        """
        ended = EndedSession(
            tenant_id=caller.tenant_id,
            device_id=caller.device_id,
            iam_session_id=caller.iam_session_id,
        )
        now = self.clock.now()
        try:
            await self.revoke(
                Revocation(
                    tenant_id=caller.tenant_id,
                    kind="sid",
                    subject=caller.iam_session_id,
                    revoked_before=now,
                    is_suspended=False,
                    expires_at=now + REVOCATION_LIFETIME,
                )
            )
            event = owed_event("closed", caller.session_id, caller, facts, self.clock)
            await self.store.end_session(ended, event)
        except (StoreUnavailable, AccessStoreDown) as error:
            raise AccessStoreUnavailable from error
        try:
            await self.iam.end(caller.tenant_id, caller.iam_session_id, deadline)
        except UpstreamFailure:
            return False
        return True
