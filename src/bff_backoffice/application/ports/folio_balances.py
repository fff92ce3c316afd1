"""What billing says is owed."""

from collections.abc import Mapping
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.money import Money


class FolioBalances(Protocol):
    """Billing's folios that are not settled."""

    async def open_balances(self, scope: CallScope) -> Mapping[str, Money]:
        """Return the balance by reservation id. Raises UpstreamFailure or NotFoundUpstream."""
        ...
