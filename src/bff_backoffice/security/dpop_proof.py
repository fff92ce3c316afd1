"""Checking a DPoP proof (RFC 9449 §4.3), all but its single use.

The claim that a proof is used once is the last step and needs a store:
`application/access/authenticate.py` makes it.
"""

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.strict_json import JsonObject
from bff_backoffice.security.errors import ProofRefused, TokenRefused
from bff_backoffice.security.jws import (
    NotCompactJws,
    UnverifiedJws,
    encode_base64url,
    read_compact_jws,
)
from bff_backoffice.security.target_uri import NotATarget, parse_target
from bff_backoffice.security.verification_key import (
    SUPPORTED_ALGORITHMS,
    NotAVerificationKey,
    VerificationKey,
    VerificationKeys,
)

PROOF_CHARACTERS_MAX: Final = 4096
IDENTIFIER_BYTES_MAX: Final = 256
PROOF_TYPE: Final = "dpop+jwt"
EXPIRY_SECONDS_MAX: Final = 24 * 3600
"""An `exp` further away than this says nothing about a proof that lives for a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """What this service takes for a proof. Wrong settings are a TypeError or ValueError."""

    algorithms: tuple[str, ...]
    origins: frozenset[str]
    """Public origins, normalised: `scheme://host[:port]`."""
    age_seconds_max: int
    ahead_seconds_max: int

    def __post_init__(self) -> None:
        if not self.algorithms or not SUPPORTED_ALGORITHMS.issuperset(self.algorithms):
            raise ValueError("proof algorithms: empty or unknown")
        if not self.origins:
            raise ValueError("public origins: none")
        if self.age_seconds_max <= 0 or self.ahead_seconds_max < 0:
            raise ValueError("proof window: not positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedProof:
    """What the proof must be about: this request, this token, this key."""

    http_method: str
    path: str
    """The path that was really called, normalised."""
    access_token_hash: str | None
    """`hash_access_token` of the token that came with it; None only where a route has no
    access token (refresh): then `ath` is refused."""
    confirmed_thumbprint: str | None
    """The token's `cnf.jkt`; None only where there is no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """A proof that holds. Not yet claimed: it may have been used before."""

    thumbprint: str
    identifier: str
    issued_at: float
    nonce: str | None


class ProofVerifier:
    """Holds the policy and the keys already parsed. One per process."""

    def __init__(self, policy: ProofPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._keys = VerificationKeys()

    def verify(self, unverified_proof: str, expected: ExpectedProof) -> VerifiedProof:
        """Check that the caller holds the key this access token is bound to.

        Raises ProofRefused with a reason, or TokenRefused when the key is another one than
        the token's. Pure: nothing is stored. Costs at most one signature check.
        """
        proof = _read(unverified_proof)
        key = self._key_of(proof.header)
        _check_signature(proof, key)
        claims = proof.payload
        _check_method(claims, expected)
        self._check_target(claims, expected)
        _check_token_hash(claims, expected)
        issued_at = self._check_time(claims)
        _check_binding(key, expected)
        return VerifiedProof(
            thumbprint=key.thumbprint,
            identifier=_identifier(claims),
            issued_at=issued_at,
            nonce=_nonce(claims),
        )

    def _key_of(self, header: JsonObject) -> VerificationKey:
        if header.get("typ") != PROOF_TYPE:
            raise ProofRefused("typ")
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._policy.algorithms:
            raise ProofRefused("alg")
        if "crit" in header or "b64" in header:
            # We understand no extension, so any that must be understood is refused.
            raise ProofRefused("crit")
        jwk = header.get("jwk")
        if not isinstance(jwk, dict):
            raise ProofRefused("jwk")
        try:
            return self._keys.from_jwk(jwk, algorithm=algorithm)
        except NotAVerificationKey as error:
            raise ProofRefused("jwk") from error

    def _check_target(self, claims: JsonObject, expected: ExpectedProof) -> None:
        htu = claims.get("htu")
        if not isinstance(htu, str):
            raise ProofRefused("htu")
        for origin in self._policy.origins:
            if htu == origin + expected.path:
                return
        try:
            target = parse_target(htu)
        except NotATarget as error:
            raise ProofRefused("htu") from error
        if target.origin not in self._policy.origins or target.path != expected.path:
            raise ProofRefused("htu")

    def _check_time(self, claims: JsonObject) -> float:
        now = self._clock.epoch_seconds()
        issued_at = _number(claims, "iat")
        oldest = now - self._policy.age_seconds_max
        newest = now + self._policy.ahead_seconds_max
        if not oldest <= issued_at <= newest:
            raise ProofRefused("time")
        if "exp" in claims and not now < _number(claims, "exp") <= now + EXPIRY_SECONDS_MAX:
            raise ProofRefused("time")
        if "nbf" in claims and _number(claims, "nbf") > newest:
            raise ProofRefused("time")
        return issued_at


def hash_access_token(token: str) -> str:
    """Return the token's `ath` (RFC 9449 §4.2): base64url of SHA-256 over its ASCII bytes."""
    return encode_base64url(hashlib.sha256(token.encode("ascii")).digest()).decode("ascii")


def _read(unverified_proof: str) -> UnverifiedJws:
    if len(unverified_proof) > PROOF_CHARACTERS_MAX:
        raise ProofRefused("too_long")
    try:
        return read_compact_jws(unverified_proof, characters_max=PROOF_CHARACTERS_MAX)
    except NotCompactJws as error:
        raise ProofRefused("shape") from error


def _check_signature(proof: UnverifiedJws, key: VerificationKey) -> None:
    if not key.holds(proof.signature, proof.signing_input):
        raise ProofRefused("signature")


def _check_method(claims: JsonObject, expected: ExpectedProof) -> None:
    if claims.get("htm") != expected.http_method:
        raise ProofRefused("htm")


def _check_token_hash(claims: JsonObject, expected: ExpectedProof) -> None:
    token_hash = claims.get("ath")
    if expected.access_token_hash is None:
        if token_hash is not None:
            raise ProofRefused("ath")
        return
    if not isinstance(token_hash, str) or not token_hash.isascii():
        raise ProofRefused("ath")
    if not compare_digest(token_hash, expected.access_token_hash):
        raise ProofRefused("ath")


def _check_binding(key: VerificationKey, expected: ExpectedProof) -> None:
    confirmed = expected.confirmed_thumbprint
    if (confirmed is None) != (expected.access_token_hash is None):
        raise TypeError("a token without its confirmed key, or a key without its token")
    if confirmed is not None and not compare_digest(key.thumbprint, confirmed):
        raise TokenRefused("key_mismatch")


def _identifier(claims: JsonObject) -> str:
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not identifier.strip():
        raise ProofRefused("jti")
    if len(identifier.encode("utf-8")) > IDENTIFIER_BYTES_MAX:
        raise ProofRefused("jti")
    return identifier


def _nonce(claims: JsonObject) -> str | None:
    if "nonce" not in claims:
        return None
    nonce = claims["nonce"]
    if not isinstance(nonce, str) or not nonce.strip():
        raise ProofRefused("nonce")
    return nonce


def _number(claims: JsonObject, name: str) -> float:
    """Return a finite, non-negative number; `True` is an int in Python and is not one here."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ProofRefused("claim" if name != "iat" else "time")
    return float(value)
