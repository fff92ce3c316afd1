"""The names of an operator's properties, as far as they are at hand."""

from typing import Final

from bff_backoffice.application.ports.tenant_settings import KnownTenants
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.principal import Principal, RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId

PEEK_SECONDS_MAX: Final = 0.008
"""The session waits for the shared cache this long at most, and for no upstream."""


class NameProperties:
    """Names what is known; what is not is asked for behind, for the next time."""

    def __init__(self, tenants: KnownTenants) -> None:
        self._tenants = tenants

    async def __call__(
        self, principal: Principal, facts: RequestFacts, deadline: Deadline
    ) -> dict[PropertyId, str]:
        """Return names by id, in the order of the ids. Never raises, waits for no upstream."""
        property_ids = sorted(principal.property_ids)
        if not property_ids:
            return {}
        scope = CallScope(
            tenant_id=principal.tenant_id,
            property_id=principal.primary_property_id or property_ids[0],
            deadline=deadline,
            request_id=facts.request_id,
            traceparent=facts.traceparent,
        )
        config = await self._tenants.known(scope, timeout_seconds=PEEK_SECONDS_MAX)
        names = {} if config is None else config.property_names
        return {id_: names[id_] for id_ in property_ids if id_ in names}
