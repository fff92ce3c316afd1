"""Reading a compact JWS strictly (RFC 7515 §3.1). Nothing here is verified yet."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from bff_backoffice.foundation.strict_json import JsonObject, NotStrictJson, parse_object

SEGMENTS: Final = 3


class NotCompactJws(ValueError):  # noqa: N818 - reads as the fact it states
    """The text is not header.payload.signature in canonical base64url with strict JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedJws:
    """The three parts. Not to be believed before the signature holds."""

    header: JsonObject
    payload: JsonObject
    signing_input: bytes
    signature: bytes


def read_compact_jws(text: str, *, characters_max: int) -> UnverifiedJws:
    """Split and decode. Raises NotCompactJws; costs no signature check."""
    if len(text) > characters_max or not text.isascii():
        raise NotCompactJws("length or alphabet")
    encoded = text.encode("ascii")
    segments = encoded.split(b".")
    if len(segments) != SEGMENTS:
        raise NotCompactJws("segments")
    header, payload, signature = segments
    try:
        return UnverifiedJws(
            header=parse_object(decode_base64url(header), bytes_max=characters_max),
            payload=parse_object(decode_base64url(payload), bytes_max=characters_max),
            signing_input=encoded[: len(header) + 1 + len(payload)],
            signature=decode_base64url(signature),
        )
    except NotStrictJson as error:
        raise NotCompactJws("json") from error


def decode_base64url(segment: bytes) -> bytes:
    """Decode base64url without padding, refusing every second spelling of the same bytes.

    Encoding again and comparing catches padding, the standard alphabet, blanks and unused
    bits that are not zero (RFC 4648 §3.5) in one step.
    """
    if not segment:
        raise NotCompactJws("empty segment")
    try:
        decoded = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise NotCompactJws("base64url") from error
    if encode_base64url(decoded) != segment:
        raise NotCompactJws("base64url")
    return decoded


def encode_base64url(octets: bytes) -> bytes:
    """Encode as base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(octets).rstrip(b"=")
