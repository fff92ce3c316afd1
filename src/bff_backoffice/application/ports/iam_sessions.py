"""iam's side of a session: refreshing its tokens and ending it."""

from dataclasses import dataclass
from typing import Protocol

from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import IamSessionId, IdempotencyKey, TenantId
from bff_backoffice.foundation.secret_text import SecretText


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedTokens:
    """A new pair. Neither is stored or logged by this service."""

    access_token: SecretText
    token_type: str
    expires_in: int
    refresh_token: SecretText
    refresh_expires_in: int


class RefreshTokenRefused(Exception):  # noqa: N818 - iam's decision, not an error
    """iam does not take this refresh token: unknown, used up, expired, revoked, other key."""


class IamSessions(Protocol):
    """Implemented by the gateway to iam. All methods raise UpstreamFailure."""

    async def refresh(
        self,
        refresh_token: SecretText,
        proof: str,
        *,
        key: IdempotencyKey | None,
        facts: RequestFacts,
        deadline: Deadline,
    ) -> RefreshedTokens:
        """Exchange the token; the client's own proof goes along. Raises RefreshTokenRefused."""
        ...

    async def end(self, tenant_id: TenantId, session_id: IamSessionId, deadline: Deadline) -> None:
        """Revoke the session and its token family; one that is gone already is no failure."""
        ...
