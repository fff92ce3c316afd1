"""Checking an access token of iam (RFC 9068 as far as iam issues it, RFC 9449 §6)."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import (
    DeviceId,
    IamSessionId,
    OperatorId,
    PropertyId,
    TenantId,
    is_identifier,
)
from bff_backoffice.foundation.strict_json import JsonObject
from bff_backoffice.security.errors import TokenRefused
from bff_backoffice.security.jws import NotCompactJws, UnverifiedJws, read_compact_jws
from bff_backoffice.security.signing_keys import TOKEN_ALGORITHM
from bff_backoffice.security.verification_key import VerificationKey

TOKEN_CHARACTERS_MAX: Final = 8192
TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
LIST_ITEMS_MAX: Final = 512
TEXT_CHARACTERS_MAX: Final = 256
THUMBPRINT_CHARACTERS: Final = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPolicy:
    """Whose tokens, made for whom. Every part is required: none has a lenient default."""

    issuer: str
    audience: str
    clock_skew_seconds: int
    lifetime_seconds_max: int

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience:
            raise ValueError("issuer and audience are required")
        if self.clock_skew_seconds < 0 or self.lifetime_seconds_max <= 0:
            raise ValueError("token times: not positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAccessToken:
    """What iam vouches for. Only this module makes one."""

    tenant_id: TenantId
    operator_id: OperatorId
    device_id: DeviceId
    iam_session_id: IamSessionId
    roles: frozenset[str]
    property_ids: tuple[PropertyId, ...]
    acr: str | None
    auth_time: int
    issued_at: int
    expires_at: int
    confirmed_thumbprint: str
    signing_key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedAccessToken:
    """A token that has been read, with the `kid` to look for. Nothing in it is to be believed."""

    signing_key_id: str
    jws: UnverifiedJws


def read_access_token(unverified_token: str) -> UnverifiedAccessToken:
    """Read the token's shape and header; raises TokenRefused. Costs no signature check."""
    if len(unverified_token) > TOKEN_CHARACTERS_MAX:
        raise TokenRefused("too_long")
    try:
        jws = read_compact_jws(unverified_token, characters_max=TOKEN_CHARACTERS_MAX)
    except NotCompactJws as error:
        raise TokenRefused("shape") from error
    token_type = jws.header.get("typ")
    if not isinstance(token_type, str) or token_type.lower() not in TOKEN_TYPES:
        raise TokenRefused("typ")
    if jws.header.get("alg") != TOKEN_ALGORITHM or "crit" in jws.header or "b64" in jws.header:
        raise TokenRefused("alg")
    key_id = jws.header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= TEXT_CHARACTERS_MAX:
        raise TokenRefused("kid")
    return UnverifiedAccessToken(signing_key_id=key_id, jws=jws)


def verify_access_token(
    token: UnverifiedAccessToken, key: VerificationKey, *, policy: TokenPolicy, clock: Clock
) -> VerifiedAccessToken:
    """Check signature, issuer, audience, times, claims and the binding to a device key.

    Raises TokenRefused with a reason.
    """
    if not key.holds(token.jws.signature, token.jws.signing_input):
        raise TokenRefused("signature")
    claims = token.jws.payload
    _check_origin(claims, policy)
    issued_at, expires_at = _check_times(claims, policy, clock)
    _required_text(claims, "jti")
    _required_text(claims, "client_id")
    return VerifiedAccessToken(
        tenant_id=TenantId(_identifier(claims, "tid", "tnt")),
        operator_id=OperatorId(_identifier(claims, "sub", "opr")),
        device_id=DeviceId(_identifier(claims, "device_id", "dev")),
        iam_session_id=IamSessionId(_required_text(claims, "sid")),
        roles=frozenset(_texts(claims, "roles")),
        property_ids=tuple(PropertyId(text) for text in _texts(claims, "property_ids")),
        acr=_optional_text(claims, "acr"),
        auth_time=_auth_time(claims, issued_at + policy.clock_skew_seconds),
        issued_at=issued_at,
        expires_at=expires_at,
        confirmed_thumbprint=_confirmed_thumbprint(claims),
        signing_key_id=token.signing_key_id,
    )


def refuse_expired(token: VerifiedAccessToken, clock: Clock) -> None:
    """Check a remembered token's end again: a cache must not outlive `exp`."""
    if token.expires_at <= clock.epoch_seconds():
        raise TokenRefused("time")


def _check_origin(claims: JsonObject, policy: TokenPolicy) -> None:
    if claims.get("iss") != policy.issuer:
        raise TokenRefused("issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if policy.audience not in audiences:
        raise TokenRefused("audience")


def _check_times(claims: JsonObject, policy: TokenPolicy, clock: Clock) -> tuple[int, int]:
    """No leeway at the end of life: a device renews early and iam's clock is ours."""
    now = clock.epoch_seconds()
    issued_at = _whole_number(claims, "iat")
    expires_at = _whole_number(claims, "exp")
    not_before = _whole_number(claims, "nbf") if "nbf" in claims else issued_at
    newest = now + policy.clock_skew_seconds
    if expires_at <= now or issued_at > newest or not_before > newest:
        raise TokenRefused("time")
    if expires_at - issued_at > policy.lifetime_seconds_max:
        raise TokenRefused("time")
    return issued_at, expires_at


def _auth_time(claims: JsonObject, newest: int) -> int:
    """Refuse a sign-in later than its token: it would escape every watermark until then."""
    auth_time = _whole_number(claims, "auth_time")
    if auth_time > newest:
        raise TokenRefused("claim")
    return auth_time


def _confirmed_thumbprint(claims: JsonObject) -> str:
    confirmation = claims.get("cnf")
    if not isinstance(confirmation, dict):
        raise TokenRefused("unbound")
    thumbprint = confirmation.get("jkt")
    if not isinstance(thumbprint, str) or len(thumbprint) != THUMBPRINT_CHARACTERS:
        raise TokenRefused("unbound")
    if "x5t#S256" in confirmation or not thumbprint.isascii():
        # A certificate binding would have to hold too, and this service cannot see one.
        raise TokenRefused("unbound")
    return thumbprint


def _whole_number(claims: JsonObject, name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise TokenRefused("claim")
    return int(value)


def _required_text(claims: JsonObject, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_CHARACTERS_MAX:
        raise TokenRefused("claim")
    return value


def _optional_text(claims: JsonObject, name: str) -> str | None:
    return _required_text(claims, name) if name in claims else None


def _identifier(claims: JsonObject, name: str, prefix: str) -> str:
    value = _required_text(claims, name)
    if not is_identifier(value, prefix):
        raise TokenRefused("claim")
    return value


def _texts(claims: JsonObject, name: str) -> list[str]:
    values = claims.get(name)
    if not isinstance(values, list) or len(values) > LIST_ITEMS_MAX:
        raise TokenRefused("claim")
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        raise TokenRefused("claim")
    return texts
