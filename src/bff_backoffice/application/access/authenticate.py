"""Who is calling: token, then proof, then one atomic step in the session tier.

The order is `size → token → proof → script`, and a request refused on the way has claimed and
changed nothing. After the script its proof is spent.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final

from bff_backoffice.application.access.operator_scopes import ResolveOperatorScopes
from bff_backoffice.application.access.refusals import (
    AccessStoreUnavailable,
    DeviceHeaderMissing,
    ProofQuotaSpent,
    SessionRevoked,
)
from bff_backoffice.application.access.sessions import propose_session
from bff_backoffice.application.access.signing_keys import SigningKeys
from bff_backoffice.application.access.store_generation import CurrentGeneration
from bff_backoffice.application.ports.access_store import (
    AccessStore,
    AccessStoreDown,
    Admission,
    SessionHolder,
)
from bff_backoffice.domain.device_session import SESSION_LIFETIME
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.security.access_token import (
    TOKEN_CHARACTERS_MAX,
    TokenPolicy,
    VerifiedAccessToken,
    read_access_token,
    refuse_expired,
    verify_access_token,
)
from bff_backoffice.security.dpop_proof import (
    ExpectedProof,
    ProofVerifier,
    VerifiedProof,
    hash_access_token,
)
from bff_backoffice.security.errors import (
    CredentialsMalformed,
    CredentialsMissing,
    ProofRefused,
    TokenRefused,
)

REMEMBERED_TOKENS_MAX: Final = 8192
ADMISSION_TRIES_MAX: Final = 3
"""The line is lost, behind it is another run of the server, and then the step itself."""
_TOKEN68: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCredentials:
    """What the request carried, as it came. Nothing in it is to be believed."""

    http_method: str
    path: str
    """The path really called, normalised."""
    authorization: str | None
    is_authorization_repeated: bool
    proof: str | None
    is_proof_repeated: bool
    device_id: str | None
    is_token_in_query: bool
    has_other_credential: bool
    """A cookie or an API key came along: two credentials may name two callers."""
    locale: str
    network_profile: str | None


@dataclass(slots=True)
class TokenMemory:
    """Tokens whose signature has been checked, by their hash. Bounded; forgets the oldest."""

    _tokens: OrderedDict[str, VerifiedAccessToken]

    def __init__(self) -> None:
        self._tokens = OrderedDict()

    def get(self, token_hash: str) -> VerifiedAccessToken | None:
        """Return the token if it was verified before; its end must be checked again."""
        return self._tokens.get(token_hash)

    def put(self, token_hash: str, token: VerifiedAccessToken) -> None:
        """Remember a verified token."""
        if len(self._tokens) >= REMEMBERED_TOKENS_MAX:
            self._tokens.popitem(last=False)
        self._tokens[token_hash] = token

    def forget_all(self) -> None:
        """Forget every token: the keys that signed them have changed."""
        self._tokens.clear()


@dataclass(slots=True, kw_only=True)
class Authenticate:
    """The only door to the verifiers."""

    proofs: ProofVerifier
    token_policy: TokenPolicy
    signing_keys: SigningKeys
    tokens: TokenMemory
    store: AccessStore
    generation: CurrentGeneration
    scopes: ResolveOperatorScopes
    clock: Clock
    accepts_bearer_with_proof: bool

    async def __call__(self, offered: OfferedCredentials, facts: RequestFacts) -> Principal:
        """Return the caller, or raise CredentialRefused, DeviceHeaderMissing or a 503 refusal."""
        unverified_token = self._offered_token(offered)
        unverified_proof = _offered_proof(offered)
        token_hash = hash_access_token(unverified_token)
        token = await self._verified_token(unverified_token, token_hash)
        proof = self.proofs.verify(
            unverified_proof,
            ExpectedProof(
                http_method=offered.http_method,
                path=offered.path,
                access_token_hash=token_hash,
                confirmed_thumbprint=token.confirmed_thumbprint,
            ),
        )
        _check_device(offered, token)
        admission = await self._admit(token, proof, offered, facts)
        return self._principal(token, admission)

    def _offered_token(self, offered: OfferedCredentials) -> str:
        scheme, token = _split_authorization(offered)
        if scheme not in ("dpop", "bearer"):
            raise CredentialsMissing
        if not token:
            raise CredentialsMalformed("authorization_shape")
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise TokenRefused("too_long")
        if not _TOKEN68.fullmatch(token):
            raise TokenRefused("shape")
        is_allowed_bearer = self.accepts_bearer_with_proof and offered.proof is not None
        if scheme == "bearer" and not is_allowed_bearer:
            raise TokenRefused("scheme")
        return token

    async def _verified_token(self, unverified_token: str, token_hash: str) -> VerifiedAccessToken:
        remembered = self.tokens.get(token_hash)
        if remembered is not None and self.signing_keys.are_loaded:
            refuse_expired(remembered, self.clock)
            self.signing_keys.keep_fresh()
            return remembered
        unverified = read_access_token(unverified_token)
        key = await self.signing_keys.key_for(unverified.signing_key_id)
        token = verify_access_token(unverified, key, policy=self.token_policy, clock=self.clock)
        self.tokens.put(token_hash, token)
        return token

    async def _admit(
        self,
        token: VerifiedAccessToken,
        proof: VerifiedProof,
        offered: OfferedCredentials,
        facts: RequestFacts,
    ) -> Admission:
        """Take the one step; again where the store was another one or lost the line.

        A step whose answer was lost may have claimed the proof. If a later try then finds
        it claimed, that may have been the first: the client signs anew, and is not told that
        it replayed.
        """
        was_answer_lost = False
        for _ in range(ADMISSION_TRIES_MAX):
            generation = await self.generation.number()
            self.generation.refuse_proof_from_before(proof)
            try:
                admission = await self._one_step(token, proof, generation, offered, facts)
            except AccessStoreDown:
                was_answer_lost = True
                continue
            if admission.outcome == "generation_unknown":
                await self.generation.reopen()
            elif admission.outcome == "replayed" and was_answer_lost:
                break
            else:
                return _let_in(admission)
        raise AccessStoreUnavailable

    async def _one_step(
        self,
        token: VerifiedAccessToken,
        proof: VerifiedProof,
        generation: int,
        offered: OfferedCredentials,
        facts: RequestFacts,
    ) -> Admission:
        holder = _holder(token)
        admission = await self.store.admit(holder, proof.identifier, generation=generation)
        if admission.outcome != "session_missing":
            return admission
        to_open = propose_session(
            token,
            facts,
            self.clock,
            locale=offered.locale,
            network_profile=offered.network_profile,
        )
        return await self.store.admit(
            holder, proof.identifier, generation=generation, to_open=to_open
        )

    def _principal(self, token: VerifiedAccessToken, admission: Admission) -> Principal:
        session = admission.session
        if session is None:
            raise TypeError("admitted without a session")
        scope = admission.scope
        roles = token.roles
        property_ids: frozenset[PropertyId] = frozenset(token.property_ids)
        if scope is None:
            self.scopes.start(token.tenant_id, token.operator_id)
        else:
            roles &= scope.roles
            property_ids &= scope.property_ids
        return Principal(
            tenant_id=token.tenant_id,
            operator_id=token.operator_id,
            device_id=token.device_id,
            session_id=session.id,
            iam_session_id=token.iam_session_id,
            roles=roles,
            property_ids=property_ids,
            is_scope_resolved=scope is not None,
            primary_property_id=session.primary_property_id,
            locale=session.locale,
            token_expires_at=datetime.fromtimestamp(token.expires_at, UTC),
            session_expires_at=self.clock.now() + SESSION_LIFETIME,
        )


def _split_authorization(offered: OfferedCredentials) -> tuple[str, str]:
    if offered.is_authorization_repeated:
        raise CredentialsMalformed("authorization_repeated")
    if offered.is_token_in_query:
        raise CredentialsMalformed("token_in_query")
    if offered.has_other_credential:
        raise CredentialsMalformed("other_credential")
    if offered.authorization is None:
        raise CredentialsMissing
    scheme, _, token = offered.authorization.partition(" ")
    return scheme.lower(), token


def _offered_proof(offered: OfferedCredentials) -> str:
    if offered.is_proof_repeated:
        raise ProofRefused("repeated")
    if offered.proof is None:
        raise ProofRefused("missing")
    return offered.proof


def _check_device(offered: OfferedCredentials, token: VerifiedAccessToken) -> None:
    if offered.device_id is None:
        raise DeviceHeaderMissing
    if not compare_digest(offered.device_id.encode(), token.device_id.encode()):
        raise TokenRefused("device_mismatch")


def _holder(token: VerifiedAccessToken) -> SessionHolder:
    return SessionHolder(
        tenant_id=token.tenant_id,
        operator_id=token.operator_id,
        device_id=token.device_id,
        iam_session_id=token.iam_session_id,
        thumbprint=token.confirmed_thumbprint,
        auth_time=token.auth_time,
    )


def _let_in(admission: Admission) -> Admission:
    if admission.outcome == "revoked":
        raise SessionRevoked
    if admission.outcome == "replayed":
        raise ProofRefused("replayed")
    if admission.outcome == "quota_spent":
        raise ProofQuotaSpent
    return admission
