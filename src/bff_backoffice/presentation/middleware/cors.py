"""Cross-origin rules: exactly the desktop's origins, and what its code must be able to read."""

from typing import Final

from bff_backoffice.presentation.http import Answer, Request

ALLOWED_HEADERS: Final = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "DPoP",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "traceparent",
    "X-App-Platform",
    "X-App-Version",
    "X-Device-Id",
    "X-Idempotency-Key",
    "X-Mfa-Attestation",
    "X-Network-Profile",
    "X-Property-Id",
    "X-Queued-At",
    "X-Request-Id",
)
EXPOSED_HEADERS: Final = (
    "Date",
    "DPoP-Nonce",
    "ETag",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "WWW-Authenticate",
    "X-Cache",
    "X-Request-Id",
)
ALLOWED_METHODS: Final = "GET, POST, PUT, PATCH"
PREFLIGHT_SECONDS: Final = "600"


class CrossOriginRules:
    """The allow-list. Origins compare exactly; nothing is reflected that is not on it."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins

    def headers_for(self, request: Request) -> list[tuple[str, str]]:
        """Return what every answer carries; leave only for an origin on the list."""
        origin = request.headers.get("origin")
        if origin is None or origin not in self._origins:
            # Always: what a cache keeps of one origin, or of none, must not serve another.
            return [("vary", "Origin")]
        return [
            ("vary", "Origin"),
            ("access-control-allow-origin", origin),
            ("access-control-expose-headers", ", ".join(EXPOSED_HEADERS)),
        ]

    def preflight(self, request: Request) -> Answer | None:
        """Return the answer to a preflight, or None if the request is not one.

        A foreign origin gets the same empty answer without leave in it.
        """
        if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        if request.headers.get("origin") not in self._origins:
            return Answer(status=204, media_type=None)
        return Answer(
            status=204,
            media_type=None,
            headers=(
                ("access-control-allow-methods", ALLOWED_METHODS),
                ("access-control-allow-headers", ", ".join(ALLOWED_HEADERS)),
                ("access-control-max-age", PREFLIGHT_SECONDS),
            ),
        )
