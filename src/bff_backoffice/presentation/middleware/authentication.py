"""From header fields to a caller."""

import re
from typing import Final
from urllib.parse import unquote_plus

from bff_backoffice.application.access.authenticate import Authenticate, OfferedCredentials
from bff_backoffice.presentation.http import Request

DEFAULT_LOCALE: Final = "en"
OTHER_CREDENTIALS: Final = frozenset({"cookie", "x-api-key"})
_LOCALE: Final = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,2}")
_NETWORK_PROFILES: Final = frozenset({"good", "flaky", "offline-recently"})


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
        is_token_in_query=_names_a_token(request.query_string),
        has_other_credential=not OTHER_CREDENTIALS.isdisjoint(headers),
        locale=_first_locale(headers.get("accept-language", "")),
        network_profile=profile if profile in _NETWORK_PROFILES else None,
    )


def _names_a_token(query_string: str) -> bool:
    """Tell whether a query field is called `access_token`, escaped or not (RFC 6750 §2.3)."""
    return bool(query_string) and any(
        unquote_plus(field.partition("=")[0]) == "access_token" for field in query_string.split("&")
    )


def _first_locale(accept_language: str) -> str:
    first = accept_language.split(",", 1)[0].split(";", 1)[0].strip()
    return first if _LOCALE.fullmatch(first) else DEFAULT_LOCALE
