"""Sessions, revocations, proof claims and quotas in the session tier, behind one script.

Keys, each with its tenant, all computed from the verified token:

session:{tenant}:{sid}                the session, 12 h sliding
session:by-device:{tenant}:{device}   set of sid, for listing and force-logout
scope:{tenant}:{operator}             what tenant-service said, 5 min
revoked:{tenant}:…                    watermarks; a mirror of PostgreSQL
proof:{tenant}:{thumbprint}:{digest}  one claimed proof
quota:{tenant}:{thumbprint}           proofs claimed in the window
access:generation                     the marker without which nothing is admitted
owed:session-events                   events that the worker moves to the outbox
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import msgspec

from bff_backoffice.application.ports.access_store import (
    AccessStoreDown,
    Admission,
    EndedSession,
    Outcome,
    SessionHolder,
    SessionToOpen,
)
from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommand,
    RedisCommands,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.application.ports.store_generations import StoreGeneration
from bff_backoffice.domain.device_session import (
    SCOPE_LIFETIME,
    SESSION_LIFETIME,
    DeviceSession,
    OperatorScope,
)
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, TenantId
from bff_backoffice.infrastructure.redis.script import Script

GENERATION_KEY: Final = "access:generation"
OWED_EVENTS_KEY: Final = "owed:session-events"
OWED_DROPPED_KEY: Final = "owed:session-events:dropped"
OWED_EVENTS_MAX: Final = 100_000
HOLDERS_REMEMBERED_MAX: Final = 8192
DIGEST_BYTES: Final = 18
REVOKED_SECONDS: Final = 30 * 24 * 3600 + 15 * 60
"""A refresh token's life and an access token's on top: nothing older can come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofClaims:
    """How long a claim lives and how many one key may hold."""

    claim_seconds: int
    """Longer than the whole window in which the proof could be accepted."""
    quota_per_key: int


class _StoredScope(msgspec.Struct, frozen=True):
    roles: frozenset[str]
    property_ids: frozenset[PropertyId]


class RedisAccessStore:
    """Implements AccessStore, SessionTierIdentity and RevocationMirror. Fails closed."""

    def __init__(self, redis: RedisCommands, claims: ProofClaims) -> None:
        self._redis = redis
        self._claims = claims
        self._admit = Script("admit_request.lua")
        self._end = Script("end_session.lua")
        self._mark = Script("mark_generation.lua")

    async def admit(
        self,
        holder: SessionHolder,
        proof_identifier: str,
        *,
        generation: int,
        to_open: SessionToOpen | None = None,
    ) -> Admission:
        """Claim the proof if all else holds; see AccessStore."""
        keys = _keys_of(holder)
        proof_key = f"proof:{holder.tenant_id}:{holder.thumbprint}:{_digest(proof_identifier)}"
        arguments: tuple[RedisArgument, ...] = (
            generation,
            holder.auth_time,
            self._claims.claim_seconds,
            self._claims.quota_per_key,
            int(SESSION_LIFETIME.total_seconds()),
            holder.iam_session_id,
            msgspec.json.encode(to_open.session) if to_open else b"",
            to_open.owed_event if to_open else b"",
            OWED_EVENTS_MAX,
        )
        reply = await self._run(self._admit, (keys[0], proof_key, *keys[1:]), arguments)
        return _admission(cast("list[bytes]", reply))

    async def put_scope(
        self, tenant_id: TenantId, operator_id: OperatorId, scope: OperatorScope
    ) -> None:
        """Remember what tenant-service said; see AccessStore."""
        stored = _StoredScope(scope.roles, scope.property_ids)
        seconds = int(SCOPE_LIFETIME.total_seconds())
        try:
            await self._redis.execute(
                "SET",
                f"scope:{tenant_id}:{operator_id}",
                msgspec.json.encode(stored),
                "EX",
                seconds,
            )
        except (RedisUnavailable, RedisRefusal) as error:
            raise AccessStoreDown from error

    async def end_session(self, ended: EndedSession, owed_event: bytes) -> None:
        """Forget the session, refuse its `sid`, leave the owed event."""
        tenant, sid = ended.tenant_id, ended.iam_session_id
        keys = (
            f"session:{tenant}:{sid}",
            f"session:by-device:{tenant}:{ended.device_id}",
            f"revoked:{tenant}:sid:{sid}",
            OWED_EVENTS_KEY,
            OWED_DROPPED_KEY,
        )
        await self._run(self._end, keys, (sid, REVOKED_SECONDS, owed_event, OWED_EVENTS_MAX))

    async def mirror(self, revocations: list[Revocation]) -> None:
        """Write revocations into the session tier, each until it no longer counts."""
        commands: list[RedisCommand] = [
            (
                "SET",
                _revocation_key(revocation),
                "suspended"
                if revocation.is_suspended
                else int(revocation.revoked_before.timestamp()),
                "EXAT",
                int(revocation.expires_at.timestamp()),
            )
            for revocation in revocations
        ]
        try:
            replies = await self._redis.pipeline(commands)
        except RedisUnavailable as error:
            raise AccessStoreDown from error
        if any(isinstance(reply, RedisRefusal) for reply in replies):
            raise AccessStoreDown

    async def identity(self) -> tuple[str, int | None]:
        """Return the server's run id and the generation marked in it."""
        try:
            server, marker = await self._redis.pipeline(
                [("INFO", "server"), ("GET", GENERATION_KEY)]
            )
        except RedisUnavailable as error:
            raise AccessStoreDown from error
        if not isinstance(server, bytes) or not isinstance(marker, bytes | None):
            raise AccessStoreDown
        return run_id_of(server), int(marker) if marker else None

    async def mark(self, generation: StoreGeneration) -> None:
        """Write the marker, unless a later one is there."""
        await self._run(self._mark, (GENERATION_KEY,), (generation.number,))

    async def _run(
        self, script: Script, keys: tuple[str, ...], arguments: tuple[RedisArgument, ...]
    ) -> object:
        try:
            return await script.run(self._redis, keys, arguments)
        except (RedisUnavailable, RedisRefusal) as error:
            raise AccessStoreDown from error


def _revocation_key(revocation: Revocation) -> str:
    tenant = revocation.tenant_id
    if revocation.kind == "tenant":
        return f"revoked:{tenant}:tenant"
    return f"revoked:{tenant}:{revocation.kind}:{revocation.subject}"


def run_id_of(server_information: bytes) -> str:
    """Return the run id from `INFO server`. Raises AccessStoreDown when there is none."""
    for line in server_information.splitlines():
        name, _, value = line.partition(b":")
        if name == b"run_id":
            return value.decode("ascii")
    raise AccessStoreDown


@lru_cache(maxsize=HOLDERS_REMEMBERED_MAX)
def _keys_of(holder: SessionHolder) -> tuple[str, ...]:
    """Return the script's keys but the proof's own; one token asks for them many times."""
    tenant, operator = holder.tenant_id, holder.operator_id
    return (
        GENERATION_KEY,
        f"quota:{tenant}:{holder.thumbprint}",
        f"session:{tenant}:{holder.iam_session_id}",
        f"session:by-device:{tenant}:{holder.device_id}",
        f"revoked:{tenant}:tenant",
        f"revoked:{tenant}:operator:{operator}",
        f"revoked:{tenant}:device:{holder.device_id}",
        f"revoked:{tenant}:sid:{holder.iam_session_id}",
        f"scope:{tenant}:{operator}",
        OWED_EVENTS_KEY,
        OWED_DROPPED_KEY,
    )


def _digest(proof_identifier: str) -> str:
    """Shorten to a digest, so that no `jti` can collide with, or break out of, a key's name."""
    octets = hashlib.sha256(proof_identifier.encode()).digest()[:DIGEST_BYTES]
    return urlsafe_b64encode(octets).decode("ascii")


def _admission(reply: list[bytes]) -> Admission:
    outcome = cast("Outcome", reply[0].decode("ascii"))
    if outcome != "admitted":
        return Admission(outcome=outcome)
    session = msgspec.json.decode(reply[1], type=DeviceSession)
    scope = msgspec.json.decode(reply[2], type=_StoredScope) if reply[2] else None
    return Admission(
        outcome=outcome,
        session=session,
        scope=OperatorScope(roles=scope.roles, property_ids=scope.property_ids) if scope else None,
    )
