"""From an upstream's bytes to a typed value, or to the name of what is wrong with them."""

from typing import TypeVar

import msgspec

from bff_backoffice.application.ports.upstream_calls import NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamAnswer, UpstreamRequest
from bff_backoffice.infrastructure.upstreams.policy import UpstreamName

AnswerType = TypeVar("AnswerType")
NOT_FOUND = 404


async def read_typed(
    client: UpstreamHttpClient,
    request: UpstreamRequest,
    decoder: msgspec.json.Decoder[AnswerType],
) -> AnswerType:
    """Send a read and return its decoded answer.

    Unknown members are tolerated. Raises NotFoundUpstream for 404 and UpstreamFailure for
    everything else that is not a 2xx of the promised shape.
    """
    answer = await client.send(request)
    if answer.status == NOT_FOUND:
        raise NotFoundUpstream(request.upstream)
    if not answer.is_success:
        raise UpstreamFailure(
            upstream=request.upstream,
            reason="rejected",
            status=answer.status,
            retry_after_seconds=answer.retry_after_seconds,
        )
    return decode_answer(request.upstream, answer, decoder)


def decode_answer(
    upstream: UpstreamName,
    answer: UpstreamAnswer,
    decoder: msgspec.json.Decoder[AnswerType],
) -> AnswerType:
    """Decode a definite answer's body; raises UpstreamFailure `malformed` or `wrong_shape`."""
    try:
        return decoder.decode(answer.body)
    except msgspec.ValidationError as error:
        raise _unusable(upstream, answer, is_json=True) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(upstream, answer, is_json=False) from error


def _unusable(upstream: UpstreamName, answer: UpstreamAnswer, *, is_json: bool) -> UpstreamFailure:
    return UpstreamFailure(
        upstream=upstream,
        reason="wrong_shape" if is_json else "malformed",
        status=answer.status,
    )
