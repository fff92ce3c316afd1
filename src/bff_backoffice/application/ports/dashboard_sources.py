"""Where the data of widgets comes from: one call, the views of one or more kinds."""

from collections.abc import Mapping
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import WidgetView

Views = Mapping[str, WidgetView]
"""Widget kind to data. A kind that is not there does not exist at this property."""


class WidgetSource(Protocol):
    """Asks an upstream for what one or more widgets show."""

    async def __call__(self, scope: CallScope) -> Views:
        """Return the views. Raises UpstreamFailure or NotFoundUpstream."""
        ...
