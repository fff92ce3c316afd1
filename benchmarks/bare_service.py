"""The bare path on our own parts: token remembered, proof checked, one claim, a small answer.

Same checks as the peers and nothing more: no session, no revocation, no telemetry. It shows
what the rest of the service costs. Run as `python -m benchmarks.bare_service`.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.request import urlopen

import msgspec
import uvicorn
import uvloop

from bff_backoffice.foundation.clock import SystemClock, rfc3339
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.security.access_token import (
    TokenPolicy,
    VerifiedAccessToken,
    read_access_token,
    refuse_expired,
    verify_access_token,
)
from bff_backoffice.security.dpop_proof import (
    ExpectedProof,
    ProofPolicy,
    ProofVerifier,
    hash_access_token,
)
from bff_backoffice.security.errors import CredentialRefused, ProofRefused, TokenRefused
from bff_backoffice.security.signing_keys import parse_key_set

Message = MutableMapping[str, Any]  # allow-any: ASGI's own untyped dictionary
Send = Callable[[Message], Awaitable[None]]
CLAIM_SECONDS: Final = 80
HEADERS: Final = [(b"content-type", b"application/json")]


class BareService:
    """An ASGI application with one route."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._clock = SystemClock()
        origin = environment["PEER_ORIGIN"]
        self._proofs = ProofVerifier(
            ProofPolicy(
                algorithms=("ES256", "EdDSA"),
                origins=frozenset({origin}),
                age_seconds_max=60,
                ahead_seconds_max=10,
            ),
            self._clock,
        )
        self._policy = TokenPolicy(
            issuer=environment["PEER_ISSUER"],
            audience=environment["PEER_AUDIENCE"],
            clock_skew_seconds=5,
            lifetime_seconds_max=3600,
        )
        with urlopen(environment["PEER_KEY_SET_URL"], timeout=5) as answer:  # noqa: S310 - loopback
            self._keys = parse_key_set(answer.read()).by_identifier
        self._redis = SharedRedisConnection(SecretText(environment["PEER_REDIS_URL"]), name="bare")
        self._tokens: dict[str, VerifiedAccessToken] = {}

    async def __call__(self, scope: Message, _receive: object, send: Send) -> None:
        """Answer `GET /session`."""
        try:
            token = await self._authenticate(scope)
        except (CredentialRefused, KeyError):
            await _answer(send, 401, b"{}")
            return
        now = rfc3339(self._clock.now())
        body = {
            "id": token.iam_session_id,
            "tenantId": token.tenant_id,
            "operatorId": token.operator_id,
            "deviceId": token.device_id,
            "roles": sorted(token.roles),
            "propertyIds": token.property_ids,
            "locale": "en",
            "scopeResolved": True,
            "expiresAt": now,
            "serverTime": now,
        }
        await _answer(send, 200, msgspec.json.encode(body))

    async def _authenticate(self, scope: Message) -> VerifiedAccessToken:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        unverified = headers[b"authorization"].partition(" ")[2]
        token_hash = hash_access_token(unverified)
        token = self._tokens.get(token_hash)
        if token is None:
            read = read_access_token(unverified)
            key = self._keys[read.signing_key_id]
            token = verify_access_token(read, key, policy=self._policy, clock=self._clock)
            self._tokens[token_hash] = token
        refuse_expired(token, self._clock)
        proof = self._proofs.verify(
            headers[b"dpop"],
            ExpectedProof(
                http_method=scope["method"],
                path=scope["path"],
                access_token_hash=token_hash,
                confirmed_thumbprint=token.confirmed_thumbprint,
            ),
        )
        if headers[b"x-device-id"] != token.device_id:
            raise TokenRefused("device_mismatch")
        claim = f"bare:{proof.thumbprint}:{hash_access_token(proof.identifier)}"
        if await self._redis.execute("SET", claim, "", "EX", CLAIM_SECONDS, "NX") is None:
            raise ProofRefused("replayed")
        return token


async def _answer(send: Send, status: int, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    server = uvicorn.Server(
        uvicorn.Config(
            BareService(os.environ),
            host="127.0.0.1",
            port=int(os.environ["PEER_PORT"]),
            lifespan="off",
            interface="asgi3",
            http="httptools",
            ws="none",
            loop="none",
            log_config=None,
            access_log=False,
        )
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve())
