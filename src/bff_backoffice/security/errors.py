"""Why a credential was refused.

ServiceError
└── CredentialRefused            a request without a credential that holds; always 401
    ├── CredentialsMissing       nothing was offered (challenge without an error code)
    ├── CredentialsMalformed     offered in a way no specification knows (`invalid_request`)
    ├── TokenRefused             the access token does not hold (`invalid_token`)
    ├── ProofRefused             the DPoP proof does not hold (`invalid_dpop_proof`)
    └── NonceDemanded            sign again with the nonce sent along (`use_dpop_nonce`)

`reason` comes from the closed lists below. It goes to metrics and logs, never to the client:
what a client may learn is the code alone.
"""

from typing import ClassVar, Literal

from bff_backoffice.foundation.errors import ServiceError

MalformedReason = Literal[
    "authorization_repeated",
    "authorization_shape",
    "token_in_query",
    "other_credential",
]

TokenReason = Literal[
    "scheme",
    "too_long",
    "shape",
    "typ",
    "alg",
    "kid",
    "signature",
    "issuer",
    "audience",
    "time",
    "claim",
    "unbound",
    "key_mismatch",
    "device_mismatch",
    "session_revoked",
]

ProofReason = Literal[
    "missing",
    "repeated",
    "too_long",
    "shape",
    "typ",
    "alg",
    "crit",
    "jwk",
    "signature",
    "claim",
    "htm",
    "htu",
    "ath",
    "time",
    "nonce",
    "jti",
    "replayed",
]


class CredentialRefused(ServiceError):  # noqa: N818 - a refusal, not an error of ours
    """A credential that does not hold."""

    code: ClassVar[str] = "credential.refused"
    reason: str = "refused"


class CredentialsMissing(CredentialRefused):
    """No credential was offered in a scheme this service knows."""

    code: ClassVar[str] = "credential.missing"
    reason = "missing"


class CredentialsMalformed(CredentialRefused):
    """The credentials were offered twice, in the wrong place or half (RFC 6750 §3.1)."""

    code: ClassVar[str] = "credential.malformed"

    def __init__(self, reason: MalformedReason) -> None:
        super().__init__()
        self.reason = reason


class TokenRefused(CredentialRefused):
    """The access token does not hold (RFC 6750 §3.1 `invalid_token`)."""

    code: ClassVar[str] = "token.invalid"

    def __init__(self, reason: TokenReason) -> None:
        super().__init__()
        self.reason = reason


class ProofRefused(CredentialRefused):
    """The DPoP proof does not hold (RFC 9449 §7.1 `invalid_dpop_proof`)."""

    code: ClassVar[str] = "proof.invalid"

    def __init__(self, reason: ProofReason) -> None:
        super().__init__()
        self.reason = reason


class NonceDemanded(CredentialRefused):
    """The proof must carry a nonce of ours (RFC 9449 §9 `use_dpop_nonce`)."""

    code: ClassVar[str] = "proof.nonce_demanded"
    reason = "nonce_demanded"

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
