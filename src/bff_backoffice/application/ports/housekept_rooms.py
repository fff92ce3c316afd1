"""What housekeeping says each room is."""

from collections.abc import Mapping
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.workbench import HousekeptRoom


class HousekeptRooms(Protocol):
    """Housekeeping's rooms."""

    async def rooms(self, scope: CallScope) -> Mapping[str, HousekeptRoom]:
        """Return each room by room id. Raises UpstreamFailure or NotFoundUpstream."""
        ...
