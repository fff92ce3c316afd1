"""One attempt over HTTP/1.1, with every way it can go wrong named.

The client library is pyreqwest: the cheapest per call of those measured. Its error classes do
not say whether anything was sent (a connection broken after the request is a `ConnectError`
too), so the causes it reports are read: only a failure of the connecting step itself counts as
not sent, everything unknown as sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    BodyDecodeError,
    DecodeError,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.response import Response

from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.infrastructure.upstreams.messages import (
    CLIENT_ERROR,
    REDIRECT,
    SERVER_ERROR,
    SUCCESS,
    UpstreamAnswer,
)
from bff_backoffice.infrastructure.upstreams.policy import (
    CONNECT_SECONDS_MAX,
    CONNECTIONS_MAX,
    IDLE_CONNECTION_SECONDS,
    IDLE_CONNECTIONS_PER_HOST_MAX,
    UpstreamName,
)

CONNECTING_FAILED: Final = "client error (Connect)"
READ_BUFFER_BYTES: Final = 64 * 1024
RETRY_AFTER_SECONDS_MAX: Final = 3600
LENGTH_DIGITS_MAX: Final = 18
TOO_MANY_CAUSES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request as it goes on the wire."""

    upstream: UpstreamName
    method: str
    url: str
    query: Mapping[str, str] | None
    headers: Mapping[str, str]
    body: bytes | None
    timeout_seconds: float
    answer_bytes_max: int


class HttpTransport:
    """A pooled client for the whole process: no redirects followed, no cookies, no proxy."""

    def __init__(self) -> None:
        self._client: Client = (
            ClientBuilder()
            .http1_only()
            .follow_redirects(enable=False)
            .referer(enable=False)
            .default_cookie_store(enable=False)
            .no_proxy()
            # A compressed answer could unfold to any size between the wire and our count.
            .gzip(enable=False)
            .brotli(enable=False)
            .zstd(enable=False)
            .deflate(enable=False)
            .user_agent("bff-backoffice-service")
            .connect_timeout(timedelta(seconds=CONNECT_SECONDS_MAX))
            .max_connections(CONNECTIONS_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
            .pool_idle_timeout(timedelta(seconds=IDLE_CONNECTION_SECONDS))
            .build()
        )

    async def send(self, attempt: Attempt) -> UpstreamAnswer:
        """Return a 2xx or 4xx answer; raises UpstreamFailure for everything else.

        Memory is bounded by `answer_bytes_max` and time by `timeout_seconds`, from connecting
        to the last byte, whatever the upstream claims or does.
        """
        request = (
            self._client.request(attempt.method, attempt.url)
            .timeout(timedelta(seconds=attempt.timeout_seconds))
            .headers(attempt.headers)
            .streamed_read_buffer_limit(READ_BUFFER_BYTES)
        )
        if attempt.query:
            request = request.query(attempt.query)
        if attempt.body is not None:
            request = request.body_bytes(attempt.body)
        try:
            async with request.build_streamed() as response:
                return await _read_answer(response, attempt)
        except PyreqwestError as error:
            raise UpstreamFailure(upstream=attempt.upstream, reason=_reason_of(error)) from error

    async def close(self) -> None:
        """Close every connection. Calls under way fail."""
        await self._client.close()


async def _read_answer(response: Response, attempt: Attempt) -> UpstreamAnswer:
    status = response.status
    retry_after = _retry_after_seconds(response.get_header("retry-after"))
    if status >= SERVER_ERROR:
        raise UpstreamFailure(
            upstream=attempt.upstream,
            reason="error",
            status=status,
            retry_after_seconds=retry_after,
        )
    if not (SUCCESS <= status < REDIRECT or status >= CLIENT_ERROR):
        # A redirect is no answer a service gives another; following it would carry our identity.
        raise UpstreamFailure(upstream=attempt.upstream, reason="wrong_shape", status=status)
    return UpstreamAnswer(
        status=status,
        body=await _read_body(response, attempt),
        etag=response.get_header("etag"),
        retry_after_seconds=retry_after,
        content_type=response.get_header("content-type"),
    )


async def _read_body(response: Response, attempt: Attempt) -> bytes:
    """Read no more than is allowed.

    An announced length that is too long is believed: the less is read of it the better. One
    that is short enough is a claim and no fact, so what arrives is counted all the same.
    """
    too_large = UpstreamFailure(
        upstream=attempt.upstream, reason="too_large", status=response.status
    )
    if _announced_length(response) > attempt.answer_bytes_max:
        raise too_large
    chunks: list[bytes] = []
    length = 0
    while (chunk := await response.body_reader.read_chunk()) is not None:
        length += len(chunk)
        if length > attempt.answer_bytes_max:
            raise too_large
        chunks.append(bytes(chunk))
    return b"".join(chunks)


def _announced_length(response: Response) -> int:
    text = response.get_header("content-length") or "0"
    return int(text) if text.isdigit() and len(text) <= LENGTH_DIGITS_MAX else 0


def _reason_of(error: PyreqwestError) -> FailureReason:
    if isinstance(error, PoolTimeoutError):
        return "bulkhead_full"
    if CONNECTING_FAILED in _causes(error):
        return "unreachable"
    if isinstance(error, RequestTimeoutError):
        return "timeout"
    if isinstance(error, DecodeError) and not isinstance(error, BodyDecodeError):
        return "malformed"
    return "reset"


def _causes(error: PyreqwestError) -> frozenset[str]:
    if not isinstance(error, DetailedPyreqwestError):
        return frozenset()
    causes = error.details["causes"] or []
    return frozenset(cause["message"] for cause in causes[:TOO_MANY_CAUSES])


def _retry_after_seconds(text: str | None) -> int | None:
    """Read delta-seconds (RFC 9110 §10.2.3); a date is not worth a clock comparison here."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > len("3600"):
        return None
    return min(int(text), RETRY_AFTER_SECONDS_MAX)
