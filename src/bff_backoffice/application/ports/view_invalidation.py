"""Telling remembered views that what they show was changed. Fails: open."""

from collections.abc import Sequence
from typing import Protocol

from bff_backoffice.foundation.identifiers import PropertyId, TenantId


class ViewInvalidation(Protocol):
    """The part of a view cache that those who change things need."""

    async def invalidate(
        self, tenant_id: TenantId, property_id: PropertyId, topics: Sequence[str]
    ) -> None:
        """End the freshness of what came from these upstreams. Never raises."""
        ...
