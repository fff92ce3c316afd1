"""Access, put together: verifiers, signing keys, the one script, generations, revocations."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.access.authenticate import Authenticate, TokenMemory
from bff_backoffice.application.access.operator_scopes import ResolveOperatorScopes
from bff_backoffice.application.access.refresh_session import RefreshSession
from bff_backoffice.application.access.revoke import Revoke
from bff_backoffice.application.access.sign_out import SignOut
from bff_backoffice.application.access.signing_keys import SigningKeys
from bff_backoffice.application.access.store_generation import CurrentGeneration
from bff_backoffice.application.ports.redis_commands import RedisUnavailable
from bff_backoffice.bootstrap.outside import OutsideThings
from bff_backoffice.bootstrap.settings import SANDBOX, AccessSettings, HttpSettings
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.infrastructure.postgres.revocations import PostgresRevocations
from bff_backoffice.infrastructure.postgres.signing_key_store import PostgresSigningKeyStore
from bff_backoffice.infrastructure.postgres.store_generations import PostgresStoreGenerations
from bff_backoffice.infrastructure.redis.access_store import (
    ProofClaims,
    RedisAccessStore,
    run_id_of,
)
from bff_backoffice.infrastructure.redis.connection import Conversation
from bff_backoffice.infrastructure.redis.refresh_claims import RedisRefreshClaims
from bff_backoffice.infrastructure.signing.nonces import MacNonces
from bff_backoffice.infrastructure.upstreams.iam import IamGateway
from bff_backoffice.infrastructure.upstreams.operator_scopes import TenantOperatorScopes
from bff_backoffice.security.access_token import TokenPolicy
from bff_backoffice.security.dpop_proof import ProofPolicy, ProofVerifier
from bff_backoffice.security.target_uri import NotATarget, parse_target

SANDBOX_KEY_PREFIX: Final = "sandbox-"
CLAIM_MARGIN_SECONDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessServices:
    """The use cases of access."""

    authenticate: Authenticate
    refresh_session: RefreshSession
    sign_out: SignOut
    signing_keys: SigningKeys
    generation: CurrentGeneration


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessParts:
    """What access leans on."""

    outside: OutsideThings
    access: AccessSettings
    http: HttpSettings
    environment: str
    run_guard: "RunGuard"
    clock: Clock


def build_access(parts: AccessParts, stack: AsyncExitStack) -> AccessServices:
    """Build everything that decides who is let in."""
    outside, access, clock = parts.outside, parts.access, parts.clock
    claim_seconds = claim_seconds_of(access)
    store = RedisAccessStore(
        outside.session_tier,
        ProofClaims(claim_seconds=claim_seconds, quota_per_key=access.proof_quota_per_key),
    )
    revoke = Revoke(revocations=PostgresRevocations(outside.database), mirror=store)
    generation = CurrentGeneration(
        PostgresStoreGenerations(outside.database),
        store,
        MacNonces(access.nonce_key),
        clock,
        reload_revocations=revoke.reload,
        ahead_seconds_max=access.proof_ahead_seconds_max,
    )
    stack.push_async_callback(generation.close)
    parts.run_guard.generation = generation
    iam = IamGateway(outside.upstreams, clock)
    tokens = TokenMemory()
    signing_keys = SigningKeys(
        iam,
        PostgresSigningKeyStore(outside.database, access.issuer),
        clock,
        on_change=tokens.forget_all,
        refused_prefix=None if parts.environment == SANDBOX else SANDBOX_KEY_PREFIX,
    )
    stack.push_async_callback(signing_keys.close)
    scopes = ResolveOperatorScopes(TenantOperatorScopes(outside.upstreams), store, clock)
    stack.push_async_callback(scopes.close)
    proofs = ProofVerifier(proof_policy(access, parts.http), clock)
    return AccessServices(
        authenticate=Authenticate(
            proofs=proofs,
            token_policy=token_policy(access),
            signing_keys=signing_keys,
            tokens=tokens,
            store=store,
            generation=generation,
            scopes=scopes,
            clock=clock,
            accepts_bearer_with_proof=access.accept_bearer_with_proof,
        ),
        refresh_session=RefreshSession(
            proofs=proofs,
            claims=RedisRefreshClaims(outside.session_tier, claim_seconds=claim_seconds),
            iam=iam,
            clock=clock,
        ),
        sign_out=SignOut(revoke=revoke, store=store, iam=iam, clock=clock),
        signing_keys=signing_keys,
        generation=generation,
    )


def claim_seconds_of(access: AccessSettings) -> int:
    """Return a claim's life: longer than the whole window in which its proof is accepted."""
    return access.proof_age_seconds_max + access.proof_ahead_seconds_max + CLAIM_MARGIN_SECONDS


def token_policy(access: AccessSettings) -> TokenPolicy:
    """Return whose tokens count."""
    return TokenPolicy(
        issuer=access.issuer,
        audience=access.audience,
        clock_skew_seconds=access.token_clock_skew_seconds,
        lifetime_seconds_max=access.token_lifetime_seconds_max,
    )


def proof_policy(access: AccessSettings, http: HttpSettings) -> ProofPolicy:
    """Return the proof rules; a public origin that is none is a start refused."""
    return ProofPolicy(
        algorithms=access.proof_algorithms,
        origins=frozenset(_origin(text) for text in http.public_origins),
        age_seconds_max=access.proof_age_seconds_max,
        ahead_seconds_max=access.proof_ahead_seconds_max,
    )


def _origin(text: str) -> str:
    target = parse_target(text)
    if target.path != "/" or text.endswith("/"):
        raise NotATarget("a public origin has no path")
    return target.origin


class RunGuard:
    """Keeps a new connection from being used on another server run than the one recorded.

    The marker inside the store is not enough: a promoted replica, or a reloaded append-only
    file, still has it and has lost the last claims.
    """

    def __init__(self) -> None:
        self.generation: CurrentGeneration | None = None

    async def check(self, ask: Conversation) -> None:
        """Raise RedisUnavailable on another run; the next request opens a new generation."""
        expected = self.generation.run_id if self.generation else None
        if self.generation is None or expected is None:
            return
        reply = await ask(("INFO", "server"))
        if not isinstance(reply, bytes) or run_id_of(reply) != expected:
            self.generation.forget()
            raise RedisUnavailable("session: another server run")
