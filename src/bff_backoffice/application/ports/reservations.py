"""Reading the reservation service."""

from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.workbench import DayReservations, InHouse


class Reservations(Protocol):
    """Lists of the property's open hotel day. Each raises UpstreamFailure, or NotFoundUpstream."""

    async def arrivals(self, scope: CallScope) -> DayReservations:
        """Return who arrives today, in order of due time; at most RESERVATIONS_MAX of them."""
        ...

    async def departures(self, scope: CallScope) -> DayReservations:
        """Return who leaves or has left today."""
        ...

    async def in_house(self, scope: CallScope) -> InHouse:
        """Count who stays tonight."""
        ...
