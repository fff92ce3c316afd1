"""From ASGI to a `Call`: bounded in bytes, fields and time."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from upstream_simulator.documents import BODY_BYTES_MAX
from upstream_simulator.exchange import Call, World

BODY_SECONDS_MAX: Final = 30.0
QUERY_FIELDS_MAX: Final = 50


class BadRequest(Exception):  # noqa: N818 - reads as the fact it states
    """The request cannot be read."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def read_call(
    scope: Scope, receive: Receive, *, world: World, upstream: str, path: str
) -> Call:
    """Read the whole request; raise BadRequest."""
    try:
        query = parse_qsl(
            scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            max_num_fields=QUERY_FIELDS_MAX,
        )
    except ValueError as error:
        raise BadRequest(400) from error
    return Call(
        upstream=upstream,
        method=scope["method"],
        path=path,
        query=dict(query),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ],
        body=await _read_body(receive),
        at=world.clock.now(),
        world=world,
    )


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BadRequest(400)
                body += message.get("body", b"")
                if len(body) > BODY_BYTES_MAX:
                    raise BadRequest(413)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise BadRequest(408) from error
