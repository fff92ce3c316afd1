"""What became of an action."""

from bff_backoffice.application.ports.activities import Activities
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.activity import Activity, ActivityNotFound
from bff_backoffice.domain.mutation import MutationStoreUnavailable
from bff_backoffice.domain.principal import Principal
from bff_backoffice.foundation.identifiers import ActivityId, is_identifier

__all__ = ["Activity", "ReadActivity"]


class ReadActivity:
    """The use case behind `GET /activities/{id}`."""

    def __init__(self, activities: Activities) -> None:
        self._activities = activities

    async def run(self, caller: Principal, activity_id: str) -> Activity:
        """Return the activity, of whoever's making, in a property the caller works in.

        Raises ActivityNotFound for anything else: nothing tells a foreign one from none.
        """
        if not is_identifier(activity_id, "act"):
            raise ActivityNotFound
        try:
            found = await self._activities.find(caller.tenant_id, ActivityId(activity_id))
        except StoreUnavailable as error:
            raise MutationStoreUnavailable(retry_after_seconds=2) from error
        if found is None or found.property_id not in caller.property_ids:
            raise ActivityNotFound
        return found
