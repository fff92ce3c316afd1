"""From header fields to a caller."""

import re
from typing import Final

from bff_backoffice.application.access.authenticate import Authenticate, OfferedCredentials
from bff_backoffice.presentation.http import Request

DEFAULT_LOCALE: Final = "en"
_LOCALE: Final = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,2}")
_NETWORK_PROFILES: Final = frozenset({"good", "flaky", "offline-recently"})
_TOKEN_IN_QUERY: Final = re.compile(r"(?:^|&)access_token=")


async def authenticate_request(request: Request, authenticate: Authenticate) -> None:
    """Set the request's caller, or raise a refusal of access."""
    request.authenticated = await authenticate(offered_credentials(request), request.facts)


def offered_credentials(request: Request) -> OfferedCredentials:
    """Collect what the request carries, exactly as it came."""
    headers = request.headers
    profile = headers.get("x-network-profile")
    return OfferedCredentials(
        http_method=request.method,
        path=request.path,
        authorization=headers.get("authorization"),
        is_authorization_repeated="authorization" in request.repeated_headers,
        proof=headers.get("dpop"),
        is_proof_repeated="dpop" in request.repeated_headers,
        device_id=headers.get("x-device-id"),
        is_token_in_query=_TOKEN_IN_QUERY.search(request.query_string) is not None,
        locale=_first_locale(headers.get("accept-language", "")),
        network_profile=profile if profile in _NETWORK_PROFILES else None,
    )


def _first_locale(accept_language: str) -> str:
    first = accept_language.split(",", 1)[0].split(";", 1)[0].strip()
    return first if _LOCALE.fullmatch(first) else DEFAULT_LOCALE
