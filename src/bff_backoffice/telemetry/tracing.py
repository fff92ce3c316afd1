"""What a span is to the rest of the service, and every tag that one may carry.

The context travels in the W3C `traceparent` text that requests, call scopes and events carry
anyway. Its last octet says whether the trace is sampled, so a request that is not costs one look
at that text. Only `otlp_tracing` knows OpenTelemetry.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final, Literal, Protocol

Tag = Literal[
    "tenant.id",
    "operator.id",
    "device.id",
    "route",
    "lock.action",
    "mfa.scope",
    "dpop.outcome",
    "http.request.method",
    "http.response.status_code",
    "error.code",
    "upstream",
    "operation",
    "outcome",
    "mutation.action",
    "job",
]
SpanKind = Literal["server", "client", "internal"]
Tags = Mapping[Tag, str | int]

SPAN_TAGS: Final[Mapping[Tag, str]] = {
    "tenant.id": "whose data; once the caller is known",
    "operator.id": "who acts; once the caller is known",
    "device.id": "from which device; once the caller is known",
    "route": "the route's template, `(none)` where no route matched",
    "lock.action": "which action on a lock; on routes that act on locks, and their commits",
    "mfa.scope": "what a step-up was for; on routes that demand one, none exists yet",
    "dpop.outcome": "how the proof was judged, one word of the closed set below",
    "http.request.method": "the method; `(any)` where no route matched",
    "http.response.status_code": "the status that was sent",
    "error.code": "our own code of a refusal or failure",
    "upstream": "which upstream was called",
    "operation": "the class of operation in the policy table",
    "outcome": "how the call, commit or round ended",
    "mutation.action": "which action of the catalogue a commit is for",
    "job": "which loop of the worker",
}

DPOP_REFUSALS: Final = frozenset(
    {
        "missing", "repeated", "too_long", "shape", "typ", "alg", "crit", "jwk", "signature",
        "claim", "htm", "htu", "ath", "time", "nonce", "jti", "replayed",
    }
)  # fmt: skip
"""The verifier's reasons; a test holds them equal to it."""

DPOP_OUTCOMES: Final = (
    frozenset(
        {
            "accepted",
            "nonce_demanded",
            "no_credential",
            "token_refused",
            "session_revoked",
            "not_decided",
            "not_due",
        }
    )
    | DPOP_REFUSALS
)
"""`not_decided`: refused before the proof was spent. `not_due`: nothing asked for one."""
_OUTCOMES_BY_CODE: Final = {
    "proof.nonce_demanded": "nonce_demanded",
    "credential.missing": "no_credential",
    "credential.malformed": "token_refused",
    "token.invalid": "token_refused",
    "session.revoked": "session_revoked",
}

_SAMPLED: Final = 1
_FLAGS: Final = slice(-2, None)


class Span(Protocol):
    """A span that is being recorded. Must not raise for what a client sent, and must not wait."""

    @property
    def traceparent(self) -> str:
        """The context to pass on: this span as the parent, and sampled."""
        ...

    def end(self, tags: Tags, *, name: str | None = None, is_error: bool = False) -> None:
        """End it, once. A tag that is not in SPAN_TAGS is a programming mistake (TypeError)."""
        ...


class Tracer(Protocol):
    """Starts spans where a trace is sampled; None otherwise. Never waits."""

    def request_span(self, traceparent: str | None) -> Span | None:
        """Start a request's span: as the caller's trace says, or by the share where it has none."""
        ...

    def child_span(self, name: str, traceparent: str | None, *, kind: SpanKind) -> Span | None:
        """Start a span under the one that the text names."""
        ...

    def work_done(self, name: str, tags: Tags, *, seconds: float, is_error: bool = False) -> None:
        """Record, by the share, a piece of work that nobody asked for and that has just ended."""
        ...


class NoTracer:
    """Records nothing: where no endpoint is set."""

    def request_span(self, traceparent: str | None) -> Span | None:
        """Record nothing."""

    def child_span(self, name: str, traceparent: str | None, *, kind: SpanKind) -> Span | None:
        """Record nothing."""

    def work_done(self, name: str, tags: Tags, *, seconds: float, is_error: bool = False) -> None:
        """Record nothing."""


NO_TRACER: Final = NoTracer()


def is_sampled(traceparent: str) -> bool:
    """Tell whether a valid traceparent says so."""
    return bool(int(traceparent[_FLAGS], 16) & _SAMPLED)


@contextmanager
def spanned(tracer: Tracer, name: str, traceparent: str | None, tags: Tags) -> Generator[None]:
    """Record what happens inside as one span: outcome `done` or `failed`."""
    span = tracer.child_span(name, traceparent, kind="internal")
    if span is None:
        yield
        return
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        span.end({**tags, "outcome": outcome}, is_error=outcome == "failed")


def dpop_outcome(*, is_accepted: bool, is_due: bool, code: str | None, reason: object) -> str:
    """Say in one word of DPOP_OUTCOMES how a request's proof fared.

    `code` and `reason` are those of the refusal that ended the request, if one did.
    """
    if is_accepted:
        return "accepted"
    if code == "proof.invalid":
        return reason if isinstance(reason, str) and reason in DPOP_REFUSALS else "claim"
    return _OUTCOMES_BY_CODE.get(code or "", "not_decided" if is_due else "not_due")
