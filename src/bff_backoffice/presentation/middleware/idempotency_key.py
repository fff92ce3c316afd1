"""Reading the idempotency key: `X-Idempotency-Key`, or the IETF's `Idempotency-Key`."""

from typing import ClassVar, Final

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import IdempotencyKey, is_ulid
from bff_backoffice.presentation.http import Request

OUR_HEADER: Final = "x-idempotency-key"
IETF_HEADER: Final = "idempotency-key"


class IdempotencyKeyMissing(ServiceError):  # noqa: N818 - reads as the fact it states
    """A mutation needs a key, so that it can be sent again on a bad line."""

    code: ClassVar[str] = "idempotency.key_missing"


class IdempotencyKeyMalformed(ServiceError):  # noqa: N818 - reads as the fact it states
    """The key is not one ULID; or two headers name two keys."""

    code: ClassVar[str] = "idempotency.key_malformed"


def read_idempotency_key(request: Request) -> IdempotencyKey | None:
    """Return the key, or None if there is none. Raises IdempotencyKeyMalformed."""
    if not request.repeated_headers.isdisjoint((OUR_HEADER, IETF_HEADER)):
        raise IdempotencyKeyMalformed
    ours = request.headers.get(OUR_HEADER)
    theirs = request.headers.get(IETF_HEADER)
    if theirs is not None:
        theirs = _unquoted(theirs)
    key = ours if ours is not None else theirs
    if ours is not None and theirs is not None and ours != theirs:
        raise IdempotencyKeyMalformed("Two headers name two different keys.")
    if key is None:
        return None
    if not is_ulid(key):
        raise IdempotencyKeyMalformed
    return IdempotencyKey(key)


def require_idempotency_key(request: Request) -> None:
    """Set the request's key, or raise."""
    key = read_idempotency_key(request)
    if key is None:
        raise IdempotencyKeyMissing
    request.key = key


def _unquoted(value: str) -> str:
    """Take off the quotes of a structured-field string (RFC 8941 §3.3.3)."""
    is_quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return value[1:-1] if is_quoted else value
