"""What tenant-service says an operator may do now."""

from typing import Protocol

from bff_backoffice.domain.device_session import OperatorScope
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, TenantId


class OperatorScopes(Protocol):
    """tenant-service's operator role and property scope."""

    async def scope_of(
        self, tenant_id: TenantId, operator_id: OperatorId, deadline: Deadline
    ) -> OperatorScope:
        """Return roles and properties; a suspended or unknown member has none of either.

        Raises UpstreamFailure.
        """
        ...
