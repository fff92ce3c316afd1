"""What goes to iam and tenant-service on the wire, and what each of their answers means."""

import msgspec
import pytest
from tests.access_desk import facts_at
from tests.fakes.manual_clock import ManualClock
from tests.fakes.upstream_http import upstream_client
from tests.fakes.upstream_server import answering, hanging, resetting, running_upstream

from bff_backoffice.application.ports.iam_sessions import RefreshedTokens, RefreshTokenRefused
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import (
    IamSessionId,
    IdempotencyKey,
    OperatorId,
    TenantId,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.upstreams.iam import IamGateway
from bff_backoffice.infrastructure.upstreams.operator_scopes import TenantOperatorScopes

TENANT = TenantId("tnt_01HZX8QJ5T9W2V4Y6B8D0F2H4K")
OPERATOR = OperatorId("opr_01HZX8QJ5T9W2V4Y6B8D0F2H4K")
KEY = IdempotencyKey("01HZX8QJ5T9W2V4Y6B8D0F2H4K")
PAIR = {
    "accessToken": "new-access",
    "tokenType": "DPoP",
    "expiresIn": 900,
    "refreshToken": "new-refresh",
    "refreshExpiresIn": 2592000,
}


def soon() -> Deadline:
    return Deadline.after(0.5, SystemClock())


async def refresh(iam: IamGateway, key: IdempotencyKey | None = KEY) -> RefreshedTokens:
    return await iam.refresh(
        SecretText("refresh-1"),
        "the.clients.proof",
        key=key,
        facts=facts_at(ManualClock()),
        deadline=soon(),
    )


async def test_a_refresh_carries_the_clients_proof_and_our_identity() -> None:
    async with (
        running_upstream(answering(msgspec.json.encode(PAIR))) as server,
        upstream_client(server.origin) as client,
    ):
        tokens = await refresh(IamGateway(client, SystemClock()))

    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/auth/refresh")
    assert seen.headers["dpop"] == "the.clients.proof"
    assert seen.headers["authorization"] == "Bearer service-identity"
    assert seen.headers["idempotency-key"] == KEY
    assert seen.headers["x-request-id"] == "req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"
    assert seen.body == b'{"refreshToken":"refresh-1"}'
    assert tokens.access_token.reveal() == "new-access"
    assert tokens.refresh_token.reveal() == "new-refresh"
    assert "new-" not in repr(tokens)


async def test_a_refresh_without_a_key_names_none() -> None:
    async with (
        running_upstream(answering(msgspec.json.encode(PAIR))) as server,
        upstream_client(server.origin) as client,
    ):
        await refresh(IamGateway(client, SystemClock()), key=None)

    assert "idempotency-key" not in server.seen[0].headers


@pytest.mark.parametrize("word", ["INVALID_REFRESH_TOKEN", "SESSION_REVOKED"])
async def test_what_iam_decides_against_a_refresh_token_is_refused(word: str) -> None:
    body = msgspec.json.encode({"code": f"MELMASTOON.IAM.{word}", "status": 401})
    async with (
        running_upstream(answering(body, status=401)) as server,
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(RefreshTokenRefused):
            await refresh(IamGateway(client, SystemClock()))


@pytest.mark.parametrize(
    "behaviour",
    [
        # About us, not about the token: a fleet must not be signed out for it.
        answering(b'{"code": "MELMASTOON.GENERAL.UNAUTHENTICATED"}', status=401),
        answering(b'{"code": "MELMASTOON.IAM.INVALID_DPOP_PROOF"}', status=401),
        answering(b"{}", status=403),
        answering(b"", status=401),
        answering(b"{}", status=404),
        answering(b"{}", status=429, headers="retry-after: 7\r\n"),
        answering(b"{}", status=500),
        answering(b"{}"),
        answering(b"not json"),
        answering(msgspec.json.encode({**PAIR, "expiresIn": "900"})),
        resetting,
        hanging,
    ],
)
async def test_an_iam_that_gives_no_usable_answer_is_asked_once_and_fails(
    behaviour: object,
) -> None:
    """A refresh token is used up by being sent: a second try could look like its reuse."""
    async with (
        running_upstream(behaviour) as server,  # type: ignore[arg-type]  # each is a Behaviour
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(UpstreamFailure):
            await refresh(IamGateway(client, SystemClock()))
        assert len(server.seen) == 1


async def test_the_key_set_comes_as_iam_serves_it() -> None:
    async with (
        running_upstream(answering(b'{"keys": []}'), answering(b"x", status=404)) as server,
        upstream_client(server.origin) as client,
    ):
        iam = IamGateway(client, SystemClock())
        assert await iam.fetch() == b'{"keys": []}'
        with pytest.raises(UpstreamFailure):
            await iam.fetch()

    assert server.seen[0].target == "/.well-known/jwks.json"


@pytest.mark.parametrize("status", [200, 204, 404, 409, 410])
async def test_a_session_that_is_gone_already_has_ended(status: int) -> None:
    async with (
        running_upstream(answering(b"", status=status)) as server,
        upstream_client(server.origin) as client,
    ):
        iam = IamGateway(client, SystemClock())
        await iam.end(TENANT, IamSessionId("ses_1"), soon())

    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/auth/logout")
    assert seen.headers["x-tenant-id"] == TENANT.replace("tnt_", "ten_")
    assert seen.body == b'{"sessionId":"ses_1"}'


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_a_session_that_iam_did_not_end_is_a_failure(status: int) -> None:
    async with (
        running_upstream(answering(b"", status=status)) as server,
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(UpstreamFailure):
            await IamGateway(client, SystemClock()).end(TENANT, IamSessionId("ses_1"), soon())


def role(**changes: object) -> bytes:
    members: dict[str, object] = {
        "state": "active",
        "roles": ["owner"],
        "propertyScope": [{"propertyId": "ppt_01HZX8QJ5T9W2V4Y6B8D0F2H4K", "extra": 1}],
        "unknown": {"kept": "by them"},
    }
    return msgspec.json.encode({"data": {**members, **changes}})


async def scope_said(body: bytes, status: int = 200) -> OperatorScope:
    async with (
        running_upstream(answering(body, status=status)) as server,
        upstream_client(server.origin) as client,
    ):
        scope = await TenantOperatorScopes(client).scope_of(TENANT, OPERATOR, soon())
    (seen,) = server.seen
    assert seen.target == f"/api/v1/tenants/{TENANT}/operators/{OPERATOR}/role"
    assert seen.headers["x-tenant-id"] == TENANT
    return scope


async def test_an_active_member_has_its_roles_and_properties_in_our_words() -> None:
    scope = await scope_said(role())

    assert scope.roles == {"owner"}
    assert scope.property_ids == {"prop_01HZX8QJ5T9W2V4Y6B8D0F2H4K"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (role(state="suspended"), 200),
        (role(state="ACTIVE"), 200),
        (role(state=""), 200),
        (b"", 404),
    ],
)
async def test_anybody_else_has_nothing(body: bytes, status: int) -> None:
    scope = await scope_said(body, status)

    assert scope.roles == scope.property_ids == frozenset()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (role(roles=None), 200),
        (role(roles="owner"), 200),
        (role(propertyScope=[1]), 200),
        (b"{}", 200),
        (b"x", 200),
        (role(), 403),
        (role(), 500),
    ],
)
async def test_an_answer_of_another_shape_narrows_nobody(body: bytes, status: int) -> None:
    with pytest.raises(UpstreamFailure):
        await scope_said(body, status)
