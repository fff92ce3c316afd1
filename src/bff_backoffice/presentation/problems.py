"""Error code → what the client is told. The one table of codes, statuses and challenges.

A code's status never changes (platform standard for error codes). Reasons of a library, claims
and names never get in here.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from bff_backoffice.application.access.refusals import (
    CredentialRefused,
    NonceDemanded,
    refusal_is_about_time,
)
from bff_backoffice.foundation.clock import rfc3339
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.presentation.http import PROBLEM_TYPE, Answer, Request
from bff_backoffice.presentation.routing import MethodNotAllowed

GENERAL: Final = "MELMASTOON.GENERAL"
OURS: Final = "MELMASTOON.BFF.BACKOFFICE"
ERRORS_URL: Final = "https://errors.melmastoon.ghasi.io"
DOCUMENTS_URL: Final = "https://docs.melmastoon.ghasi.io/errors"
RUNBOOKS_URL: Final = "https://runbooks.melmastoon.ghasi.io"


@dataclass(frozen=True, slots=True)
class Problem:
    """One registered wire code."""

    wire_code: str
    status: int
    title: str
    is_retriable: bool = False
    challenge: str | None = None
    """The `error` of the DPoP challenge; an empty text is a challenge without one."""
    retry_after_seconds: int | None = None
    """Sent as `Retry-After` where the refusal itself names no better number."""

    @property
    def user_message_key(self) -> str:
        """What `packages/error-messages` has a sentence for, in each language."""
        return f"errors.{self.wire_code.removeprefix('MELMASTOON.').lower()}"


INTERNAL_ERROR: Final = "internal.error"

PROBLEMS: Final[dict[str, Problem]] = {
    # The request itself
    "resource.not_found": Problem(f"{GENERAL}.RESOURCE_NOT_FOUND", 404, "Not found"),
    "request.method_not_allowed": Problem(
        f"{GENERAL}.METHOD_NOT_ALLOWED", 405, "Method not allowed here"
    ),
    "request.body_too_large": Problem(f"{GENERAL}.PAYLOAD_TOO_LARGE", 413, "Body too large"),
    "request.body_too_slow": Problem(
        f"{GENERAL}.REQUEST_TIMEOUT", 408, "Body arrived too slowly", is_retriable=True
    ),
    "request.media_type": Problem(
        f"{GENERAL}.UNSUPPORTED_MEDIA_TYPE", 415, "The body must be application/json"
    ),
    "request.malformed_body": Problem(f"{GENERAL}.MALFORMED_BODY", 400, "Body not understood"),
    "request.malformed": Problem(f"{GENERAL}.MALFORMED_REQUEST", 400, "Request not understood"),
    "request.malformed_query": Problem(f"{GENERAL}.MALFORMED_QUERY", 400, "Query not understood"),
    "request.headers_too_large": Problem(
        f"{GENERAL}.HEADERS_TOO_LARGE", 431, "Header fields too large"
    ),
    "request.deadline_passed": Problem(
        f"{GENERAL}.DEADLINE_PASSED",
        503,
        "Not answered in time",
        is_retriable=True,
        retry_after_seconds=1,
    ),
    INTERNAL_ERROR: Problem(f"{GENERAL}.INTERNAL_ERROR", 500, "Something went wrong on our side"),
    # Credentials
    "credential.missing": Problem(
        f"{OURS}.AUTHENTICATION_REQUIRED", 401, "Sign in first", challenge=""
    ),
    "credential.malformed": Problem(
        f"{OURS}.INVALID_REQUEST", 401, "Credentials not understood", challenge="invalid_request"
    ),
    "token.invalid": Problem(
        f"{OURS}.INVALID_TOKEN", 401, "Access token refused", challenge="invalid_token"
    ),
    "proof.invalid": Problem(
        f"{OURS}.INVALID_DPOP_PROOF", 401, "Proof refused", challenge="invalid_dpop_proof"
    ),
    "proof.nonce_demanded": Problem(
        f"{OURS}.USE_DPOP_NONCE",
        401,
        "Sign again with the nonce",
        is_retriable=True,
        challenge="use_dpop_nonce",
    ),
    "session.revoked": Problem(
        f"{OURS}.SESSION_REVOKED", 401, "This session was ended", challenge="invalid_token"
    ),
    "device.header_missing": Problem(
        f"{OURS}.DEVICE_HEADER_MISSING", 400, "X-Device-Id is missing"
    ),
    "proof.quota_spent": Problem(
        f"{OURS}.PROOF_QUOTA_SPENT",
        429,
        "Too many requests from this device",
        is_retriable=True,
        retry_after_seconds=10,
    ),
    "access.store_unavailable": Problem(
        f"{OURS}.ACCESS_STORE_UNAVAILABLE",
        503,
        "Sessions cannot be checked just now",
        is_retriable=True,
        retry_after_seconds=2,
    ),
    "access.keys_unavailable": Problem(
        f"{OURS}.SIGNING_KEYS_UNAVAILABLE",
        503,
        "Tokens cannot be checked just now",
        is_retriable=True,
        retry_after_seconds=5,
    ),
    # Refresh
    "refresh.refused": Problem(
        f"{OURS}.REFRESH_REFUSED", 401, "Sign in again", challenge="invalid_token"
    ),
    "refresh.in_flight": Problem(
        f"{OURS}.REFRESH_IN_FLIGHT",
        409,
        "This device is being refreshed already",
        is_retriable=True,
        retry_after_seconds=1,
    ),
    "refresh.store_full": Problem(
        f"{OURS}.REFRESH_LIMITED",
        429,
        "Too many refreshes",
        is_retriable=True,
        retry_after_seconds=10,
    ),
    # Authorization
    "authorization.role_missing": Problem(
        f"{OURS}.ROLE_NOT_ALLOWED",
        403,
        "Your role may not do this",
        challenge="insufficient_scope",
    ),
    "authorization.property_out_of_scope": Problem(
        f"{OURS}.PROPERTY_OUT_OF_SCOPE", 403, "Not one of your properties"
    ),
    "authorization.property_missing": Problem(
        f"{OURS}.PROPERTY_HEADER_MISSING", 400, "X-Property-Id is missing"
    ),
    "authorization.scope_unresolved": Problem(
        f"{OURS}.SCOPE_UNRESOLVED",
        503,
        "Your permissions are still being looked up",
        is_retriable=True,
        retry_after_seconds=2,
    ),
    # Idempotency
    "idempotency.key_missing": Problem(
        f"{OURS}.IDEMPOTENCY_KEY_MISSING", 400, "X-Idempotency-Key is missing"
    ),
    "idempotency.key_malformed": Problem(
        f"{OURS}.IDEMPOTENCY_KEY_MALFORMED", 400, "X-Idempotency-Key is not a ULID"
    ),
    "idempotency.key_reused": Problem(
        f"{OURS}.IDEMPOTENCY_KEY_REUSED", 422, "This key was used for another request"
    ),
    "idempotency.in_flight": Problem(
        f"{OURS}.IDEMPOTENCY_IN_FLIGHT",
        409,
        "The same request is still under way",
        is_retriable=True,
        retry_after_seconds=1,
    ),
    "idempotency.answer_erased": Problem(
        f"{OURS}.ANSWER_ERASED", 410, "Done, but its answer has been erased"
    ),
    # Mutations
    "mutation.upstream_unavailable": Problem(
        f"{OURS}.UPSTREAM_UNAVAILABLE",
        503,
        "Nothing was done: the service behind this is not answering",
        is_retriable=True,
        retry_after_seconds=2,
    ),
    "mutation.store_unavailable": Problem(
        f"{OURS}.STORE_UNAVAILABLE",
        503,
        "This cannot be recorded just now",
        is_retriable=True,
        retry_after_seconds=2,
    ),
    "mutation.overloaded": Problem(
        f"{OURS}.OVERLOADED",
        503,
        "Too much is under way here",
        is_retriable=True,
        retry_after_seconds=1,
    ),
    "mutation.not_performed": Problem(
        f"{OURS}.MUTATION_NOT_PERFORMED", 409, "Not done; try again with a new key"
    ),
    "activity.not_found": Problem(f"{GENERAL}.RESOURCE_NOT_FOUND", 404, "Not found"),
    # Reservations
    "reservation.not_found": Problem(f"{GENERAL}.RESOURCE_NOT_FOUND", 404, "Not found"),
    "reservation.illegal_transition": Problem(
        f"{OURS}.RESERVATION_ILLEGAL_TRANSITION", 409, "The reservation does not allow this now"
    ),
    "reservation.room_not_ready": Problem(
        f"{OURS}.ROOM_NOT_READY", 409, "This room cannot be given out now"
    ),
    "reservation.no_room_ready": Problem(
        f"{OURS}.NO_ROOM_READY", 409, "No room of this type is ready"
    ),
    "reservation.version_conflict": Problem(
        f"{OURS}.VERSION_CONFLICT", 412, "Somebody changed this meanwhile"
    ),
    "reservation.rejected": Problem(
        f"{OURS}.RESERVATION_REJECTED", 422, "The reservation service refuses this"
    ),
    # Door locks
    "lock.not_found": Problem(f"{GENERAL}.RESOURCE_NOT_FOUND", 404, "Not found"),
    "lock.reservation_not_checked_in": Problem(
        f"{OURS}.RESERVATION_NOT_CHECKED_IN", 409, "This guest is not checked in"
    ),
    "lock.room_mismatch": Problem(
        f"{OURS}.LOCK_ROOM_MISMATCH", 409, "This lock is not on the reservation's room"
    ),
    "lock.kind_unsupported": Problem(
        f"{OURS}.KEY_KIND_UNSUPPORTED", 422, "This lock takes no key of that kind"
    ),
    "lock.validity_invalid": Problem(
        f"{OURS}.KEY_VALIDITY_INVALID", 422, "The key's validity is no span of time"
    ),
    "lock.not_reachable": Problem(
        f"{OURS}.LOCK_NOT_REACHABLE", 422, "This lock cannot take a key just now"
    ),
    "lock.rejected": Problem(f"{OURS}.LOCK_REJECTED", 422, "The lock service refuses this"),
    # Upstreams
    "upstream.unavailable": Problem(
        f"{OURS}.UPSTREAM_UNAVAILABLE",
        503,
        "A service behind this one is not answering",
        is_retriable=True,
        retry_after_seconds=5,
    ),
}


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The platform's error object."""

    type: str
    code: str
    title: str
    status: int
    detail: str | None
    instance: str
    errors: list[dict[str, str]]
    trace_id: str | None
    request_id: str
    tenant_id: str | None
    retriable: bool
    retry_after: int | None
    user_message_key: str
    doc_url: str
    runbook: str
    server_time: str | msgspec.UnsetType = msgspec.UNSET


class ProblemDocument(msgspec.Struct, frozen=True):
    """The body of every refusal."""

    error: ErrorBody


def answer_problem(error: ServiceError, request: Request, challenge: "Challenge") -> Answer:
    """Tell the client about an expected refusal."""
    problem = PROBLEMS[error.code]
    retry_after = error.retry_after_seconds or problem.retry_after_seconds
    headers: list[tuple[str, str]] = []
    if retry_after is not None:
        headers.append(("retry-after", str(retry_after)))
    if problem.challenge is not None:
        headers.append(("www-authenticate", challenge.with_error(problem.challenge)))
    if isinstance(error, NonceDemanded):
        headers.append(("dpop-nonce", error.nonce))
    if isinstance(error, MethodNotAllowed):
        headers.append(("allow", ", ".join(error.allowed)))
    return Answer(
        status=problem.status,
        body=msgspec.json.encode(
            _document(error, problem, _place_of(request), retry_after, _server_time(error, request))
        ),
        media_type=PROBLEM_TYPE,
        headers=tuple(headers),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPlace:
    """Which request a problem belongs to."""

    instance: str
    request_id: str
    trace_id: str | None
    tenant_id: str | None


def write_problem(error: ServiceError, place: ProblemPlace) -> Answer:
    """Write a refusal that has no challenge, for a request that may be long over."""
    problem = PROBLEMS[error.code]
    retry_after = error.retry_after_seconds or problem.retry_after_seconds
    return Answer(
        status=problem.status,
        body=msgspec.json.encode(_document(error, problem, place, retry_after, msgspec.UNSET)),
        media_type=PROBLEM_TYPE,
        headers=() if retry_after is None else (("retry-after", str(retry_after)),),
    )


@dataclass(frozen=True, slots=True)
class Challenge:
    """The `WWW-Authenticate` value of this service (RFC 9449 §7.1, RFC 9728 §5.1)."""

    algorithms: tuple[str, ...]
    resource_metadata_url: str

    def with_error(self, error: str) -> str:
        """Return the challenge, with an error code where one is due."""
        parts = [f'DPoP algs="{" ".join(self.algorithms)}"']
        if error:
            parts.append(f'error="{error}"')
        parts.append(f'resource_metadata="{self.resource_metadata_url}"')
        return ", ".join(parts)


def _place_of(request: Request) -> ProblemPlace:
    caller = request.authenticated
    return ProblemPlace(
        instance=request.path,
        request_id=request.facts.request_id,
        trace_id=request.facts.trace_id,
        tenant_id=caller.tenant_id if caller else None,
    )


def _server_time(error: ServiceError, request: Request) -> str | msgspec.UnsetType:
    if isinstance(error, CredentialRefused) and refusal_is_about_time(error):
        return rfc3339(request.facts.received_at)
    return msgspec.UNSET


def _document(
    error: ServiceError,
    problem: Problem,
    place: ProblemPlace,
    retry_after: int | None,
    server_time: str | msgspec.UnsetType,
) -> ProblemDocument:
    domain, _, name = problem.wire_code.removeprefix("MELMASTOON.").lower().rpartition(".")
    page = f"{domain.replace('.', '-')}/{name.replace('_', '-')}"
    return ProblemDocument(
        ErrorBody(
            type=f"{ERRORS_URL}/{page}",
            code=problem.wire_code,
            title=problem.title,
            status=problem.status,
            detail=error.detail,
            instance=place.instance,
            errors=[{"field": field, "code": code} for field, code in error.fields],
            trace_id=place.trace_id,
            request_id=place.request_id,
            tenant_id=place.tenant_id,
            retriable=problem.is_retriable,
            retry_after=retry_after,
            user_message_key=problem.user_message_key,
            doc_url=f"{DOCUMENTS_URL}/{page}",
            runbook=f"{RUNBOOKS_URL}/{page}",
            server_time=server_time,
        )
    )
