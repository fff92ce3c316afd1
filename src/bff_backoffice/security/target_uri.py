"""Comparing `htu` with the URL that was called (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3).

Scheme and host compare without case; the path compares exactly after normalisation, so that
two spellings which the router takes for one resource are one here, and no others are.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Final

TARGET_CHARACTERS_MAX: Final = 2048
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_PORT_MAX: Final = 65535
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]")
_URI: Final = re.compile(  # ASCII: or the long s of Unicode would be an `s` of the scheme.
    r"(https?)://([^/?#]+)([^?#]*)(?:\?[^#]*)?(?:#.*)?", re.IGNORECASE | re.ASCII
)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@]+)(?::([0-9]{0,5}))?")
_HOST_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})|%")
_UNRESERVED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
_PLAIN_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?")


class NotATarget(ValueError):  # noqa: N818 - reads as the fact it states
    """The text is not an absolute http or https URI in a form this service compares."""


@dataclass(frozen=True, slots=True)
class TargetUri:
    """Origin and path, normalised; query and fragment are not compared."""

    origin: str
    path: str


def parse_target(text: str) -> TargetUri:
    """Normalise an `htu` or a configured origin. Raises NotATarget."""
    if len(text) > TARGET_CHARACTERS_MAX or _FORBIDDEN.search(text):
        raise NotATarget("length or character")
    matched = _URI.fullmatch(text)
    if matched is None:
        raise NotATarget("not an absolute http URI")
    scheme = matched[1].lower()
    return TargetUri(f"{scheme}://{_authority(matched[2], scheme)}", normalise_path(matched[3]))


def normalise_path(path: str) -> str:
    """Upper-case escapes, decode the unreserved ones, remove dot segments; nothing else.

    Raises NotATarget for a `%` that starts no escape. Double slashes stay, as the router
    keeps them.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path or "/"
    if not path.isascii():
        path = "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path)
    return _remove_dot_segments(_PERCENT.sub(_canonical_escape, path)) or "/"


def _canonical_escape(found: re.Match[str]) -> str:
    digits: str | None = found[1]
    if digits is None:
        raise NotATarget("escape")
    octet = int(digits, 16)
    return chr(octet) if octet in _UNRESERVED else f"%{digits.upper()}"


def _remove_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4, for a path that begins with a slash."""
    if not path.startswith("/"):
        raise NotATarget("relative path")
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _authority(text: str, scheme: str) -> str:
    matched = _AUTHORITY.fullmatch(text.lower())
    if matched is None:
        raise NotATarget("authority")
    host = _ip_literal(matched[1]) if matched[1].startswith("[") else _host_name(matched[1])
    port: str = (matched[2] or "").lstrip("0")
    if matched[2] and (not port or int(port) > _PORT_MAX):
        raise NotATarget("port")
    return host if port in ("", _DEFAULT_PORTS[scheme]) else f"{host}:{port}"


def _ip_literal(bracketed: str) -> str:
    try:
        return f"[{IPv6Address(bracketed[1:-1]).compressed}]"
    except AddressValueError as error:
        raise NotATarget("IPv6 literal") from error


def _host_name(host: str) -> str:
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise NotATarget("host") from error
    if not _HOST_NAME.fullmatch(ascii_host):
        raise NotATarget("host")
    return ascii_host
