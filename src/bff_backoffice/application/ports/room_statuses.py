"""What housekeeping says each room is."""

from collections.abc import Mapping
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.workbench import RoomStatus


class RoomStatuses(Protocol):
    """Housekeeping's rooms."""

    async def room_statuses(self, scope: CallScope) -> Mapping[str, RoomStatus]:
        """Return each room's status by room id. Raises UpstreamFailure or NotFoundUpstream."""
        ...
