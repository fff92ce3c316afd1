"""`GET /session`, `POST /auth/refresh`, `POST /auth/sign-out`."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.access.refresh_session import RefreshRequest, RefreshSession
from bff_backoffice.application.access.sign_out import SignOut
from bff_backoffice.application.dashboard.property_names import NameProperties
from bff_backoffice.foundation.clock import Clock, rfc3339
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.presentation.http import Answer, MalformedBody, Request, json_answer, no_content
from bff_backoffice.presentation.middleware.idempotency_key import read_idempotency_key
from bff_backoffice.presentation.routing import ANY_CALLER, AnswerShape, Credential, Route
from bff_backoffice.presentation.schemas.sessions import (
    NamedProperty,
    RefreshBody,
    SessionBody,
    TokensBody,
)

REFRESH_TOKEN_CHARACTERS_MAX: Final = 4096
REFRESH_SECONDS_MAX: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRoutes:
    """Translates; the use cases decide."""

    refresh_session: RefreshSession
    sign_out: SignOut
    name_properties: NameProperties
    clock: Clock

    def rows(self) -> list[Route]:
        """Return the routes of this family."""
        return [
            Route(
                method="GET",
                path="/session",
                handler=self.get_session,
                roles=ANY_CALLER,
                answers=(AnswerShape(body=SessionBody),),
            ),
            Route(
                method="POST",
                path="/auth/refresh",
                handler=self.post_refresh,
                credential=Credential.OWN,
                reads_body=True,
                body_bytes_max=8 * 1024,
                seconds_max=REFRESH_SECONDS_MAX,
                request_body=RefreshBody,
                answers=(AnswerShape(body=TokensBody),),
                refusals=(
                    "proof.invalid",
                    "refresh.refused",
                    "refresh.in_flight",
                    "refresh.store_full",
                    "upstream.unavailable",
                    "access.store_unavailable",
                    "idempotency.key_malformed",
                ),
            ),
            Route(
                method="POST",
                path="/auth/sign-out",
                handler=self.post_sign_out,
                roles=ANY_CALLER,
                answers=(AnswerShape(status=204),),
            ),
        ]

    async def get_session(self, request: Request) -> Answer:
        """Tell the caller who it is here, and until when."""
        caller = request.caller
        names = await self.name_properties(caller, request.facts, request.deadline)
        return json_answer(
            SessionBody(
                id=caller.session_id,
                tenant_id=caller.tenant_id,
                operator_id=caller.operator_id,
                device_id=caller.device_id,
                roles=sorted(caller.roles),
                property_ids=sorted(caller.property_ids),
                primary_property_id=caller.primary_property_id,
                locale=caller.locale,
                scope_resolved=caller.is_scope_resolved,
                expires_at=rfc3339(caller.session_expires_at),
                server_time=rfc3339(self.clock.now()),
                properties=tuple(NamedProperty(id=id_, name=name) for id_, name in names.items()),
            )
        )

    async def post_refresh(self, request: Request) -> Answer:
        """Renew the tokens of a device that proves its key."""
        body = request.json_object(RefreshBody)
        if not 0 < len(body.refresh_token) <= REFRESH_TOKEN_CHARACTERS_MAX:
            raise MalformedBody(fields=(("refreshToken", "invalid"),))
        tokens = await self.refresh_session(
            RefreshRequest(
                path=request.path,
                unverified_proof=request.headers.get("dpop"),
                is_proof_repeated="dpop" in request.repeated_headers,
                refresh_token=SecretText(body.refresh_token),
                key=read_idempotency_key(request),
                source=request.client_address,
            ),
            request.facts,
            request.deadline,
        )
        return json_answer(
            TokensBody(
                access_token=tokens.access_token.reveal(),
                token_type=tokens.token_type,
                expires_in=tokens.expires_in,
                refresh_token=tokens.refresh_token.reveal(),
                refresh_expires_in=tokens.refresh_expires_in,
            )
        )

    async def post_sign_out(self, request: Request) -> Answer:
        """End the caller's own session."""
        await self.sign_out(request.caller, request.facts, request.deadline)
        return no_content()
