"""iam: key set, refresh, end of session. Its dialect: camelCase, flat problems, no prefix."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.iam_sessions import RefreshedTokens, RefreshTokenRefused
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import IamSessionId, IdempotencyKey, TenantId
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.upstreams.answers import decode_answer
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamAnswer, UpstreamRequest

NO_TENANT: Final = TenantId("")
"""Refresh and key set belong to no tenant that is known yet; iam asks for none."""

KEY_SET_SECONDS: Final = 0.6
ENDED_ALREADY: Final = frozenset({404, 409, 410})
REFRESH_REFUSALS: Final = frozenset(
    {"MELMASTOON.IAM.INVALID_REFRESH_TOKEN", "MELMASTOON.IAM.SESSION_REVOKED"}
)
"""What iam decides about a refresh token. Any other refusal is about us (our identity, our
address) and must not sign a whole fleet out."""


class _RefreshAnswer(msgspec.Struct, frozen=True, rename="camel"):
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""


_REFRESH: Final = msgspec.json.Decoder(_RefreshAnswer)
_PROBLEM: Final = msgspec.json.Decoder(_Problem)


class IamGateway:
    """Implements IamSessions and SigningKeySource."""

    def __init__(self, client: UpstreamHttpClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def fetch(self) -> bytes:
        """Return iam's key set document."""
        deadline = Deadline.after(KEY_SET_SECONDS, self._clock)
        answer = await self._client.send(
            UpstreamRequest(
                upstream="iam",
                operation="read",
                method="GET",
                path="/.well-known/jwks.json",
                scope=_scope(deadline),
            )
        )
        if not answer.is_success:
            raise _rejected(answer)
        return answer.body

    async def refresh(
        self,
        refresh_token: SecretText,
        proof: str,
        *,
        key: IdempotencyKey | None,
        facts: RequestFacts,
        deadline: Deadline,
    ) -> RefreshedTokens:
        """Exchange the token; see IamSessions."""
        answer = await self._client.send(
            UpstreamRequest(
                upstream="iam",
                operation="mutation",
                method="POST",
                path="/api/v1/auth/refresh",
                scope=_scope(deadline, facts),
                headers={"Idempotency-Key": key} if key else None,
                body=msgspec.json.encode({"refreshToken": refresh_token.reveal()}),
                forwarded_proof=proof,
            )
        )
        if not answer.is_success:
            if _problem_code(answer) in REFRESH_REFUSALS:
                raise RefreshTokenRefused
            raise _rejected(answer)
        tokens = decode_answer("iam", answer, _REFRESH)
        return RefreshedTokens(
            access_token=SecretText(tokens.access_token),
            token_type=tokens.token_type,
            expires_in=tokens.expires_in,
            refresh_token=SecretText(tokens.refresh_token),
            refresh_expires_in=tokens.refresh_expires_in,
        )

    async def end(self, tenant_id: TenantId, session_id: IamSessionId, deadline: Deadline) -> None:
        """Revoke the session and its token family; see IamSessions."""
        answer = await self._client.send(
            UpstreamRequest(
                upstream="iam",
                operation="mutation",
                method="POST",
                path="/api/v1/auth/logout",
                scope=CallScope(tenant_id=tenant_id, property_id=None, deadline=deadline),
                headers={"X-Tenant-Id": tenant_id.replace("tnt_", "ten_", 1)},
                body=msgspec.json.encode({"sessionId": session_id}),
                is_keyed=True,
            )
        )
        if not answer.is_success and answer.status not in ENDED_ALREADY:
            raise _rejected(answer)


def _scope(deadline: Deadline, facts: RequestFacts | None = None) -> CallScope:
    return CallScope(
        tenant_id=NO_TENANT,
        property_id=None,
        deadline=deadline,
        request_id=facts.request_id if facts else None,
        traceparent=facts.traceparent if facts else None,
    )


def _problem_code(answer: UpstreamAnswer) -> str:
    try:
        return decode_answer("iam", answer, _PROBLEM).code
    except UpstreamFailure:
        return ""


def _rejected(answer: UpstreamAnswer) -> UpstreamFailure:
    return UpstreamFailure(
        upstream="iam",
        reason="rejected",
        status=answer.status,
        retry_after_seconds=answer.retry_after_seconds,
    )
