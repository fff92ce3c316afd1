"""Reading a body where the route reads one, within its limits."""

import asyncio
from typing import ClassVar, Final

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.presentation.asgi import BodyTooLarge, Receive, read_body
from bff_backoffice.presentation.http import JSON_TYPE, Request
from bff_backoffice.presentation.routing import Route

BODY_SECONDS_MAX: Final = 5.0
_LENGTH_DIGITS_MAX: Final = 12


class BodyTooSlow(ServiceError):  # noqa: N818 - reads as the fact it states
    """The body did not arrive in time; nothing was done."""

    code: ClassVar[str] = "request.body_too_slow"


class WrongMediaType(ServiceError):  # noqa: N818 - reads as the fact it states
    """The body is not declared as JSON."""

    code: ClassVar[str] = "request.media_type"


def refuse_declared_oversize(request: Request, route: Route) -> None:
    """Refuse by the declared length, before anything else is looked at."""
    declared = request.headers.get("content-length", "0")
    if len(declared) > _LENGTH_DIGITS_MAX or not declared.isdecimal():
        raise BodyTooLarge
    if int(declared) > route.body_bytes_max:
        raise BodyTooLarge


async def read_json_body(request: Request, route: Route, receive: Receive) -> None:
    """Set the request's body. Raises WrongMediaType, BodyTooLarge or BodyTooSlow."""
    declared = request.headers.get("content-type", "")
    if declared.split(";", 1)[0].strip().lower() != JSON_TYPE:
        raise WrongMediaType
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            request.body = await read_body(receive, bytes_max=route.body_bytes_max)
    except TimeoutError as error:
        raise BodyTooSlow from error
