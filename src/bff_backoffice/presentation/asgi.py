"""The wire: ASGI in, a Request; an Answer, ASGI out. Only app.py uses it."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from bff_backoffice.application.access.caller import RequestFacts
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import RequestId, is_ulid, new_ulid
from bff_backoffice.presentation.http import AnyAnswer, Request, StreamedAnswer

Message = MutableMapping[str, Any]  # allow-any: ASGI's own untyped dictionary
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEADER_FIELDS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 32 * 1024
STREAM_SECONDS_MAX: Final = 60.0
DEFAULT_DEADLINE_SECONDS: Final = 30.0
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_APP_VERSION: Final = re.compile(r"[0-9A-Za-z.+-]{1,32}")
_APP_PLATFORMS: Final = frozenset({"win32", "darwin", "linux"})

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")


class HeadersTooLarge(ServiceError):  # noqa: N818 - reads as the fact it states
    """More header fields, or bytes of them, than any client of ours sends."""

    code = "request.headers_too_large"


class MalformedRequest(ServiceError):  # noqa: N818 - reads as the fact it states
    """What came is not an HTTP request, or its method is none that exists."""

    code = "request.malformed"


class BodyTooLarge(ServiceError):  # noqa: N818 - reads as the fact it states
    """The body is longer than its route reads."""

    code = "request.body_too_large"


class ClientGone(Exception):  # noqa: N818 - a fact about the client
    """The client hung up before its request was whole."""


def read_request(scope: Message, clock: Clock) -> Request:
    """Read everything but the body. The path is as it came; app.py normalises it.

    Fields of one name are joined (RFC 9110 §5.3), so that no second value hides behind a first.
    """
    headers: dict[str, str] = {}
    repeated: set[str] = set()
    for name_octets, value_octets in scope["headers"]:
        name = name_octets.decode("latin-1").lower()
        value = value_octets.decode("latin-1").strip(" \t")
        if name in headers:
            repeated.add(name)
            value = f"{headers[name]}, {value}"
        headers[name] = value
    client = scope.get("client") or ("", 0)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        repeated_headers=frozenset(repeated),
        client_address=client[0],
        facts=_facts(headers, clock),
        deadline=Deadline.after(DEFAULT_DEADLINE_SECONDS, clock),
    )


def caller_traceparent(request: Request) -> str | None:
    """Return the trace context that the caller sent; None where ours stands in for it."""
    sent = request.headers.get("traceparent")
    return sent if sent == request.facts.traceparent else None


def refuse_oversized_headers(scope: Message) -> None:
    """Raise HeadersTooLarge. Proof and token have tighter limits of their own."""
    fields = scope["headers"]
    if len(fields) > HEADER_FIELDS_MAX:
        raise HeadersTooLarge
    if sum(len(name) + len(value) for name, value in fields) > HEADER_BYTES_MAX:
        raise HeadersTooLarge


async def read_body(receive: Receive, *, bytes_max: int) -> bytes:
    """Read the whole body. Raises BodyTooLarge as soon as it is too long, or ClientGone."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            raise BodyTooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def send_answer(
    answer: AnyAnswer, headers: list[tuple[str, str]], receive: Receive, send: Send
) -> None:
    """Send the answer; a stream is cut, and its source closed, when the client goes."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": _header_lines(answer, headers),
        }
    )
    if isinstance(answer, StreamedAnswer):
        await _stream(answer, receive, send)
    else:
        await send({"type": "http.response.body", "body": answer.body})


async def _stream(answer: StreamedAnswer, receive: Receive, send: Send) -> None:
    sending = asyncio.create_task(_send_chunks(answer, send), name="stream")
    watching = asyncio.create_task(_until_gone(receive), name="stream-client")
    try:
        await asyncio.wait(
            {sending, watching},
            timeout=STREAM_SECONDS_MAX,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        sending.cancel()
        watching.cancel()
        results = await asyncio.gather(sending, watching, return_exceptions=True)
    failure = results[0]
    if isinstance(failure, Exception):
        raise failure


async def _send_chunks(answer: StreamedAnswer, send: Send) -> None:
    try:
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(answer.chunks, "aclose", None)
        if close is not None:
            await close()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _header_lines(answer: AnyAnswer, headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    lines = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in (*answer.headers, *headers)]
    if not any(name == b"cache-control" for name, _ in lines):
        lines.append(_NO_STORE)
    if answer.media_type is not None:
        lines.append((b"content-type", answer.media_type.encode("latin-1")))
    if not isinstance(answer, StreamedAnswer):
        lines.append((b"content-length", str(len(answer.body)).encode("ascii")))
    lines.extend(SECURITY_HEADERS)
    return lines


def _facts(headers: dict[str, str], clock: Clock) -> RequestFacts:
    traceparent = headers.get("traceparent", "")
    if not _TRACEPARENT.fullmatch(traceparent):
        octets = os.urandom(24).hex()
        traceparent = f"00-{octets[:32]}-{octets[32:]}-00"
    app_version = headers.get("x-app-version", "")
    app_platform = headers.get("x-app-platform", "")
    return RequestFacts(
        request_id=_request_id(headers.get("x-request-id", ""), clock),
        traceparent=traceparent,
        received_at=clock.now(),
        app_version=app_version if _APP_VERSION.fullmatch(app_version) else None,
        app_platform=app_platform if app_platform in _APP_PLATFORMS else None,
    )


def _request_id(offered: str, clock: Clock) -> RequestId:
    """Keep a bare ULID or `req_…`; replace anything else, never refuse it."""
    ulid = offered.removeprefix("req_")
    return RequestId(f"req_{ulid if is_ulid(ulid) else new_ulid(clock)}")
