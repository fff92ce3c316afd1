"""One spelling of a path for proof, router and idempotency alike (RFC 3986 §6.2.2)."""

from bff_backoffice.security.target_uri import NotATarget, normalise_path


class PathRefused(ValueError):  # noqa: N818 - reads as the fact it states
    """The path holds a broken escape or does not begin with a slash."""


def normalise_request_path(raw_path: str) -> str:
    """Return the path as it is compared and routed. Raises PathRefused."""
    try:
        return normalise_path(raw_path)
    except NotATarget as error:
        raise PathRefused from error
