"""The one refusal for an upstream that a request cannot do without."""

from typing import ClassVar

from bff_backoffice.foundation.errors import ServiceError


class UpstreamUnavailable(ServiceError):  # noqa: N818 - reads as the fact it states
    """A service behind this one gave no usable answer."""

    code: ClassVar[str] = "upstream.unavailable"
