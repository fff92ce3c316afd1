"""Reading the activity ledger."""

from typing import Final

import msgspec

from bff_backoffice.domain.activity import Activity
from bff_backoffice.foundation.identifiers import ActivityId, TenantId
from bff_backoffice.infrastructure.postgres.database import Database

_FIND: Final = (
    "select state, action, property_id, refusal_code, result from bff.read_activity($1, $2)"
)


class PostgresActivities:
    """Implements Activities."""

    fails: Final = "closed"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenant_id: TenantId, activity_id: ActivityId) -> Activity | None:
        """Return the activity, or None: absent and another tenant's look the same."""
        row = await self._database.fetch_row(_FIND, tenant_id, activity_id)
        if row is None:
            return None
        result = (
            None
            if row["result"] is None
            else msgspec.json.decode(row["result"], type=dict[str, object])
        )
        return msgspec.convert({**dict(row), "result": result}, Activity)
