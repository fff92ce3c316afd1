"""Renewing a device's tokens through iam, on a bad line too.

No access token is asked for: it may have run out. The proof is checked here in full against
our own URL, claimed, and then passed on, this once, so that iam binds the new token to the
same key. A retry with the same idempotency key and device key gets the same pair from iam.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.access.upstream_unavailable import UpstreamUnavailable
from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.iam_sessions import (
    IamSessions,
    RefreshedTokens,
    RefreshTokenRefused,
)
from bff_backoffice.application.ports.refresh_claims import RefreshClaims
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import IdempotencyKey
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.security.dpop_proof import ExpectedProof, ProofVerifier, VerifiedProof
from bff_backoffice.security.errors import ProofRefused

HTTP_METHOD: Final = "POST"


class RefreshRefused(ServiceError):  # noqa: N818 - reads as the fact it states
    """iam does not take the refresh token: the operator signs in again."""

    code: ClassVar[str] = "refresh.refused"


class RefreshInFlight(ServiceError):  # noqa: N818 - reads as the fact it states
    """This key's refresh is under way already."""

    code: ClassVar[str] = "refresh.in_flight"


class RefreshLimited(ServiceError):  # noqa: N818 - reads as the fact it states
    """Too many refreshes, from this source or in all."""

    code: ClassVar[str] = "refresh.store_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRequest:
    """What the client sent. `path` is the one really called, normalised."""

    path: str
    unverified_proof: str | None
    is_proof_repeated: bool
    refresh_token: SecretText
    key: IdempotencyKey | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSession:
    """Exchanges a refresh token at iam for a device that proves its key."""

    proofs: ProofVerifier
    claims: RefreshClaims
    iam: IamSessions
    clock: Clock

    async def __call__(
        self, request: RefreshRequest, facts: RequestFacts, deadline: Deadline
    ) -> RefreshedTokens:
        """Return the new pair.

        Raises ProofRefused, RefreshRefused, RefreshInFlight, RefreshLimited,
        AccessStoreUnavailable or UpstreamUnavailable.
        """
        proof = self._verified_proof(request)
        await self._claim(proof, request.source)
        try:
            return await self.iam.refresh(
                request.refresh_token,
                request.unverified_proof or "",
                key=request.key,
                facts=facts,
                deadline=deadline,
            )
        except RefreshTokenRefused as refusal:
            raise RefreshRefused from refusal
        except UpstreamFailure as failure:
            raise UpstreamUnavailable(retry_after_seconds=failure.retry_after_seconds) from failure
        finally:
            await self.claims.release(proof.thumbprint)

    def _verified_proof(self, request: RefreshRequest) -> VerifiedProof:
        if request.is_proof_repeated:
            raise ProofRefused("repeated")
        if request.unverified_proof is None:
            raise ProofRefused("missing")
        expected = ExpectedProof(
            http_method=HTTP_METHOD,
            path=request.path,
            access_token_hash=None,
            confirmed_thumbprint=None,
        )
        return self.proofs.verify(request.unverified_proof, expected)

    async def _claim(self, proof: VerifiedProof, source: str) -> None:
        try:
            outcome = await self.claims.claim(
                proof.thumbprint,
                proof.identifier,
                source=source,
                now_epoch_seconds=self.clock.epoch_seconds(),
            )
        except AccessStoreDown as error:
            raise AccessStoreUnavailable from error
        if outcome == "replayed":
            raise ProofRefused("replayed")
        if outcome == "in_flight":
            raise RefreshInFlight
        if outcome == "full":
            raise RefreshLimited
