"""Telling the view cache that something it shows has changed."""

from collections.abc import Sequence
from typing import Protocol

from bff_backoffice.foundation.identifiers import PropertyId, TenantId


class ViewInvalidation(Protocol):
    """Part of ViewCache, for those who change things and show nothing."""

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        """End the freshness of every view of the property that comes from these upstreams.

        `topics` are upstream names: `reservation`, `housekeeping`, `billing`, … Never raises;
        takes no longer than the shared tier's short deadline.
        """
        ...
