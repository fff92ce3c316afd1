"""One request to an upstream and its answer, before and after any dialect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.infrastructure.upstreams.policy import (
    REQUEST_BODY_BYTES_MAX,
    OperationClass,
    UpstreamName,
)

DEADLINE_HEADER: Final = "X-Deadline-Ms"
"""What is left of our deadline when the request leaves, in whole milliseconds."""

CREDENTIAL_HEADERS: Final = frozenset({"authorization", "dpop", "cookie", "proxy-authorization"})
"""Never set by a gateway: a client's credentials go to no upstream."""

CLIENT_ERROR: Final = 400
SERVER_ERROR: Final = 500
SUCCESS: Final = 200
REDIRECT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """What to ask. `path` starts with `/` and is already quoted.

    `is_keyed` says that the upstream recognises a repeat by its idempotency key: only then may
    a mutation be sent twice. `forwarded_proof` is for iam's refresh alone, which binds the new
    token to the device's own proof. `part` is one of the policy row's: who behind the upstream
    has to act.
    """

    upstream: UpstreamName
    operation: OperationClass
    method: str
    path: str
    scope: CallScope
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    is_keyed: bool = False
    part: str | None = None
    forwarded_proof: str | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError("path: not absolute")
        if not CREDENTIAL_HEADERS.isdisjoint(name.lower() for name in self.headers or ()):
            raise ValueError("headers: credentials are not a gateway's to set")
        if self.forwarded_proof is not None and self.upstream != "iam":
            raise ValueError("forwarded_proof: for iam alone")
        if self.body is not None and len(self.body) > REQUEST_BODY_BYTES_MAX:
            raise ValueError("body: too long")

    @property
    def may_repeat(self) -> bool:
        """Tell whether sending it twice does no more than sending it once."""
        return self.operation == "read" or self.is_keyed


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamAnswer:
    """A definite answer: 2xx or 4xx, read to its end and no longer than the policy allows."""

    status: int
    body: bytes
    etag: str | None
    retry_after_seconds: int | None
    content_type: str | None

    @property
    def is_success(self) -> bool:
        """Tell whether the upstream did what was asked."""
        return SUCCESS <= self.status < REDIRECT
