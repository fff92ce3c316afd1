"""Reading what became of an action. Fails: closed."""

from typing import Protocol

from bff_backoffice.domain.activity import Activity
from bff_backoffice.foundation.identifiers import ActivityId, TenantId


class Activities(Protocol):
    """The ledger, and the claims whose outcome is not in it yet."""

    async def find(self, tenant_id: TenantId, activity_id: ActivityId) -> Activity | None:
        """Return the activity, or None: absent and another tenant's look the same.

        Raises StoreUnavailable.
        """
        ...
