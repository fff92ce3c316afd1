"""Everything that lets a caller in, on fakes: what the attacker tries to get past."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.access_store import FakeAccessStore
from tests.fakes.manual_clock import ManualClock
from tests.fakes.nonces import FakeNonces
from tests.fakes.operator_scopes import FakeOperatorScopes
from tests.fakes.revocations import FakeRevocations
from tests.fakes.signing_key_source import FakeSigningKeySource
from tests.fakes.signing_key_store import FakeSigningKeyStore
from tests.fakes.store_generations import FakeStoreGenerations
from tests.tokens import (
    AUDIENCE,
    DEVICE,
    ISSUER,
    ORIGIN,
    PATH,
    Issuer,
    SigningKey,
    elliptic_key,
    jws,
    proof_claims,
    proof_header,
)

from bff_backoffice.application.access.authenticate import (
    Authenticate,
    OfferedCredentials,
    TokenMemory,
)
from bff_backoffice.application.access.operator_scopes import ResolveOperatorScopes
from bff_backoffice.application.access.revoke import Revoke
from bff_backoffice.application.access.signing_keys import SigningKeys
from bff_backoffice.application.access.store_generation import CurrentGeneration
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import RequestId
from bff_backoffice.security.access_token import TokenPolicy
from bff_backoffice.security.dpop_proof import ProofPolicy, ProofVerifier

AGE_SECONDS_MAX = 60
AHEAD_SECONDS_MAX = 10
POLICY = ProofPolicy(
    algorithms=("ES256", "EdDSA", "Ed25519"),
    origins=frozenset({ORIGIN}),
    age_seconds_max=AGE_SECONDS_MAX,
    ahead_seconds_max=AHEAD_SECONDS_MAX,
)
TOKEN_POLICY = TokenPolicy(
    issuer=ISSUER, audience=AUDIENCE, clock_skew_seconds=5, lifetime_seconds_max=3600
)


def facts_at(clock: ManualClock) -> RequestFacts:
    """Return the facts of a request that comes now."""
    return RequestFacts(
        request_id=RequestId("req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
        traceparent=None,
        received_at=clock.now(),
        app_version="1.4.0",
        app_platform="win32",
    )


@dataclass(kw_only=True)
class Desk:
    """One instance of the service before its HTTP layer, one device with its key, one token."""

    proof_policy: ProofPolicy = POLICY
    accepts_bearer_with_proof: bool = False
    clock: ManualClock = field(default_factory=ManualClock)
    issuer: Issuer = field(default_factory=Issuer)
    device_key: SigningKey = field(default_factory=elliptic_key)
    store: FakeAccessStore = field(default_factory=FakeAccessStore)
    generations: FakeStoreGenerations = field(default_factory=FakeStoreGenerations)
    scopes: FakeOperatorScopes = field(default_factory=FakeOperatorScopes)
    key_store: FakeSigningKeyStore = field(default_factory=FakeSigningKeyStore)
    proofs_made: int = 0

    def __post_init__(self) -> None:
        self.source = FakeSigningKeySource(self.issuer.key_set())
        self.revocations = FakeRevocations(self.clock)
        self.generations.opening_takes_time = lambda: self.clock.advance(0.002)
        self.nonces = FakeNonces()
        self.tokens = TokenMemory()
        self.proofs = ProofVerifier(self.proof_policy, self.clock)
        self.signing_keys = SigningKeys(
            self.source,
            self.key_store,
            self.clock,
            on_change=self.tokens.forget_all,
            refused_prefix=None,
        )
        self.revoke = Revoke(revocations=self.revocations, mirror=self.store)
        self.resolve_scopes = ResolveOperatorScopes(self.scopes, self.store, self.clock)
        self.generation = self.another_generation()
        self.authenticate = self.another_instance()
        self.token = self.issuer.token(self.clock.epoch_seconds(), self.device_key.thumbprint)

    def another_generation(self) -> CurrentGeneration:
        """Return what a process knows of the store when it starts."""
        return CurrentGeneration(
            self.generations,
            self.store,
            self.nonces,
            self.clock,
            reload_revocations=self.revoke.reload,
            ahead_seconds_max=self.proof_policy.ahead_seconds_max,
        )

    def another_instance(self, generation: CurrentGeneration | None = None) -> Authenticate:
        """Return an instance of the service beside others on the same stores."""
        return Authenticate(
            proofs=self.proofs,
            token_policy=TOKEN_POLICY,
            signing_keys=self.signing_keys,
            tokens=self.tokens,
            store=self.store,
            generation=generation or self.generation,
            scopes=self.resolve_scopes,
            clock=self.clock,
            accepts_bearer_with_proof=self.accepts_bearer_with_proof,
        )

    def proof(
        self,
        *,
        key: SigningKey | None = None,
        header: dict[str, object] | str | None = None,
        claims: dict[str, object] | str | None = None,
        token: str | None = None,
    ) -> str:
        """Sign a proof with a `jti` of its own; `header` and `claims` are changes, or raw text."""
        signer = key or self.device_key
        self.proofs_made += 1
        made_header = header if isinstance(header, str) else proof_header(signer, **(header or {}))
        changes = {"jti": f"proof-{self.proofs_made}"}
        made_claims = (
            claims
            if isinstance(claims, str)
            else proof_claims(
                self.clock.epoch_seconds(), token or self.token, **{**changes, **(claims or {})}
            )
        )
        return jws(made_header, made_claims, signer.sign)

    def offer(self, proof: str | None = "", **changes: Any) -> OfferedCredentials:  # noqa: ANN401  # allow-any: fields of the credentials
        """Return what a request carries; a fresh valid proof where none is given."""
        token = self.token
        offered = OfferedCredentials(
            http_method="GET",
            path=PATH,
            authorization=f"DPoP {token}",
            is_authorization_repeated=False,
            proof=self.proof() if proof == "" else proof,
            is_proof_repeated=False,
            device_id=DEVICE,
            is_token_in_query=False,
            has_other_credential=False,
            locale="en",
            network_profile=None,
        )
        return replace(offered, **changes)

    def offer_token(self, token: str, **changes: Any) -> OfferedCredentials:  # noqa: ANN401  # allow-any: as above
        """Return what a request with this token and a proof for it carries."""
        return self.offer(self.proof(token=token), authorization=f"DPoP {token}", **changes)

    async def admitted(self, offered: OfferedCredentials | None = None) -> Principal:
        """Let the caller in, or fail the test."""
        return await self.authenticate(offered or self.offer(), facts_at(self.clock))

    async def refused(self, offered: OfferedCredentials) -> str:
        """Return why the caller was refused, `code:reason`, having changed nothing at all.

        A positive baseline passes before and after: what refuses everything proves nothing.
        """
        await self.admitted()
        contents = self.store.contents()
        try:
            await self.authenticate(offered, facts_at(self.clock))
        except ServiceError as error:
            refusal = f"{error.code}:{getattr(error, 'reason', '')}"
        else:
            raise AssertionError("let in")
        assert self.store.contents() == contents
        await self.admitted()
        return refusal

    async def refused_proof(self, proof: str) -> str:
        """Return why a request with this proof was refused."""
        return await self.refused(self.offer(proof))

    async def close(self) -> None:
        """End what is under way."""
        await self.signing_keys.close()
        await self.resolve_scopes.close()
