"""iam's side of a session, as told."""

import asyncio
from dataclasses import dataclass, field

from bff_backoffice.application.ports.iam_sessions import RefreshedTokens, RefreshTokenRefused
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import IamSessionId, IdempotencyKey, TenantId
from bff_backoffice.foundation.secret_text import SecretText


@dataclass(slots=True)
class FakeIamSessions:
    """Implements IamSessions; waits while `gate` is closed."""

    is_down: bool = False
    refuses: bool = False
    refreshes: list[tuple[str, str, str | None]] = field(
        default_factory=list[tuple[str, str, str | None]]
    )
    ended: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def refresh(
        self,
        refresh_token: SecretText,
        proof: str,
        *,
        key: IdempotencyKey | None,
        facts: RequestFacts,
        deadline: Deadline,
    ) -> RefreshedTokens:
        self.refreshes.append((refresh_token.reveal(), proof, key))
        await self.gate.wait()
        if self.is_down:
            raise UpstreamFailure(upstream="iam", reason="timeout", retry_after_seconds=7)
        if self.refuses:
            raise RefreshTokenRefused
        return RefreshedTokens(
            access_token=SecretText("new-access"),
            token_type="DPoP",
            expires_in=900,
            refresh_token=SecretText("new-refresh"),
            refresh_expires_in=2_592_000,
        )

    async def end(self, tenant_id: TenantId, session_id: IamSessionId, deadline: Deadline) -> None:
        self.ended.append((tenant_id, session_id))
        if self.is_down:
            raise UpstreamFailure(upstream="iam", reason="timeout")
