"""Settings → adapters → use cases, in order of need. Reads top to bottom."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry

from bff_backoffice.application.access.authenticate import Authenticate, TokenMemory
from bff_backoffice.application.access.operator_scopes import ResolveOperatorScopes
from bff_backoffice.application.access.refresh_session import RefreshSession
from bff_backoffice.application.access.revoke import Revoke
from bff_backoffice.application.access.sign_out import SignOut
from bff_backoffice.application.access.signing_keys import SigningKeys
from bff_backoffice.application.access.store_generation import CurrentGeneration
from bff_backoffice.application.health.check import HealthCheck
from bff_backoffice.application.ports.redis_commands import RedisUnavailable
from bff_backoffice.bootstrap.mutations import (
    MutationParts,
    MutationServices,
    build_mutation_services,
)
from bff_backoffice.bootstrap.settings import (
    SANDBOX,
    AccessSettings,
    ApiStoreSettings,
    HttpSettings,
    ServiceSettings,
    UpstreamSettings,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.revocations import PostgresRevocations
from bff_backoffice.infrastructure.postgres.signing_key_store import PostgresSigningKeyStore
from bff_backoffice.infrastructure.postgres.store_generations import PostgresStoreGenerations
from bff_backoffice.infrastructure.redis.access_store import (
    ProofClaims,
    RedisAccessStore,
    run_id_of,
)
from bff_backoffice.infrastructure.redis.connection import Conversation, SharedRedisConnection
from bff_backoffice.infrastructure.redis.refresh_claims import RedisRefreshClaims
from bff_backoffice.infrastructure.signing.nonces import MacNonces
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.iam import IamGateway
from bff_backoffice.infrastructure.upstreams.operator_scopes import TenantOperatorScopes
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES, UpstreamName
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport
from bff_backoffice.security.access_token import TokenPolicy
from bff_backoffice.security.dpop_proof import ProofPolicy, ProofVerifier
from bff_backoffice.security.target_uri import parse_target
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry
from bff_backoffice.telemetry.request_telemetry import RequestTelemetry
from bff_backoffice.telemetry.upstream_telemetry import UpstreamTelemetry

SANDBOX_KEY_PREFIX: Final = "sandbox-"
CLAIM_MARGIN_SECONDS: Final = 10
MUTATION_DRAIN_SECONDS: Final = 3.0
"""An action outlives the request that asked for it; what is cut off is settled by the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """All groups the API reads."""

    service: ServiceSettings
    http: HttpSettings
    access: AccessSettings
    upstreams: UpstreamSettings
    stores: ApiStoreSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the web application needs, ready to use."""

    authenticate: Authenticate
    refresh_session: RefreshSession
    sign_out: SignOut
    mutations: MutationServices
    health: HealthCheck
    signing_keys: SigningKeys
    generation: CurrentGeneration
    telemetry: RequestTelemetry
    log: LogEvents
    clock: Clock


@asynccontextmanager
async def build_services(
    settings: ApiSettings, clock: Clock, registry: CollectorRegistry, log: LogEvents
) -> AsyncIterator[Services]:
    """Build everything, and take it down in the opposite order. Connects to nothing yet."""
    async with AsyncExitStack() as stack:
        access = settings.access
        # --- outside things
        database = Database(
            settings.stores.postgres_api_url, PoolPolicy(application_name="bff-api")
        )
        stack.push_async_callback(database.close)
        run_guard = _RunGuard()
        session_tier = SharedRedisConnection(
            settings.stores.redis_session_url, name="session", on_connect=run_guard.check
        )
        stack.push_async_callback(session_tier.close)
        cache_tier = SharedRedisConnection(settings.stores.redis_cache_url, name="cache")
        stack.push_async_callback(cache_tier.close)
        upstreams = UpstreamHttpClient(
            origins=upstream_origins(settings.upstreams),
            policies=POLICIES,
            identity=MountedServiceIdentity(settings.upstreams.service_identity_token),
            transport=HttpTransport(),
            observer=UpstreamTelemetry(registry),
            clock=clock,
            random=random.random,
        )
        stack.push_async_callback(upstreams.close)
        iam = IamGateway(upstreams, clock)
        # --- access
        claim_seconds = (
            access.proof_age_seconds_max + access.proof_ahead_seconds_max + CLAIM_MARGIN_SECONDS
        )
        store = RedisAccessStore(
            session_tier,
            ProofClaims(claim_seconds=claim_seconds, quota_per_key=access.proof_quota_per_key),
        )
        revoke = Revoke(revocations=PostgresRevocations(database), mirror=store)
        generation = CurrentGeneration(
            PostgresStoreGenerations(database),
            store,
            MacNonces(access.nonce_key),
            clock,
            reload_revocations=revoke.reload,
            ahead_seconds_max=access.proof_ahead_seconds_max,
        )
        run_guard.generation = generation
        tokens = TokenMemory()
        signing_keys = SigningKeys(
            iam,
            PostgresSigningKeyStore(database, access.issuer),
            clock,
            on_change=tokens.forget_all,
            refused_prefix=(
                None if settings.service.environment == SANDBOX else SANDBOX_KEY_PREFIX
            ),
        )
        stack.push_async_callback(signing_keys.close)
        proofs = ProofVerifier(proof_policy(settings), clock)
        scopes = ResolveOperatorScopes(TenantOperatorScopes(upstreams), store, clock)
        stack.push_async_callback(scopes.close)
        # --- actions
        mutations = build_mutation_services(
            MutationParts(
                database=database,
                upstreams=upstreams,
                stored_answer_key=settings.stores.stored_answer_key,
                producer_instance=settings.service.producer_instance,
                observer=MutationTelemetry(registry),
                clock=clock,
            )
        )

        async def drain_mutations() -> None:
            await mutations.running.drain(Deadline.after(MUTATION_DRAIN_SECONDS, clock))

        stack.push_async_callback(drain_mutations)
        yield Services(
            authenticate=Authenticate(
                proofs=proofs,
                token_policy=TokenPolicy(
                    issuer=access.issuer,
                    audience=access.audience,
                    clock_skew_seconds=access.token_clock_skew_seconds,
                    lifetime_seconds_max=access.token_lifetime_seconds_max,
                ),
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
                claims=RedisRefreshClaims(session_tier, claim_seconds=claim_seconds),
                iam=iam,
                clock=clock,
            ),
            sign_out=SignOut(revoke=revoke, store=store, iam=iam, clock=clock),
            mutations=mutations,
            health=HealthCheck(
                {
                    "postgres": database.ping,
                    "redis-session": session_tier.ping,
                    "redis-cache": cache_tier.ping,
                },
                lambda: signing_keys.are_loaded,
            ),
            signing_keys=signing_keys,
            generation=generation,
            telemetry=RequestTelemetry(metrics=ApiMetrics(registry), log=log),
            log=log,
            clock=clock,
        )


def upstream_origins(settings: UpstreamSettings) -> Mapping[UpstreamName, str]:
    """Return each upstream's origin by its name."""
    return {
        name: getattr(settings, f"upstream_{name.replace('-', '_')}_url") for name in UPSTREAM_NAMES
    }


def proof_policy(settings: ApiSettings) -> ProofPolicy:
    """Return the proof rules; a public origin that is none is a start refused."""
    return ProofPolicy(
        algorithms=settings.access.proof_algorithms,
        origins=frozenset(parse_target(origin).origin for origin in settings.http.public_origins),
        age_seconds_max=settings.access.proof_age_seconds_max,
        ahead_seconds_max=settings.access.proof_ahead_seconds_max,
    )


class _RunGuard:
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
