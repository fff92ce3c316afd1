"""Calling an upstream: one request in that upstream's own dialect, one answer or one failure.

Gateways in `infrastructure/upstreams` translate to and from the dialect; use cases see only
the typed ports beside this file. Deadlines, retries, breaker and size caps live in one policy
table there.
"""

from typing import Final, Literal

FailureReason = Literal[
    "timeout",  # no answer inside the deadline
    "unreachable",  # nothing was sent: refused, no route, name not found
    "reset",  # the connection broke after something was sent
    "error",  # a 5xx answer
    "rejected",  # a 4xx that this read cannot use
    "too_large",  # more bytes than the policy allows
    "malformed",  # not the JSON it says it is
    "wrong_shape",  # JSON, but not what this upstream promises
    "breaker_open",  # not sent: the breaker is open
    "bulkhead_full",  # not sent: too many calls under way
    "deadline_spent",  # not sent: no time left
]

NOT_SENT: Final[frozenset[str]] = frozenset(
    {"unreachable", "breaker_open", "bulkhead_full", "deadline_spent"}
)


class UpstreamFailure(Exception):  # noqa: N818 - a failure of theirs, not an error of ours
    """An upstream gave no usable answer. Never shown raw to a client."""

    def __init__(
        self,
        *,
        upstream: str,
        reason: FailureReason,
        status: int | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(f"{upstream}: {reason}")
        self.upstream = upstream
        self.reason: FailureReason = reason
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def was_sent(self) -> bool:
        """Tell whether the upstream may have seen, and acted on, the request."""
        return self.reason not in NOT_SENT
