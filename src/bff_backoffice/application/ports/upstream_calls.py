"""On whose account an upstream is asked, and until when."""

from dataclasses import dataclass, replace

from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import OperatorId, PropertyId, RequestId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScope:
    """What every gateway method needs to know of the request behind it.

    `operator_id` is set only where the answer belongs to that operator. A property-audience
    fetch has none: its answer is shared, so nobody may be named in the call.
    """

    tenant_id: TenantId
    property_id: PropertyId | None
    deadline: Deadline
    operator_id: OperatorId | None = None
    locale: str | None = None
    request_id: RequestId | None = None
    traceparent: str | None = None

    def within(self, deadline: Deadline) -> "CallScope":
        """Return the same scope with another deadline."""
        return replace(self, deadline=deadline)

    def asking_operator(self) -> OperatorId:
        """Return whose answer this is; asking for it in a property-audience fetch is a mistake."""
        if self.operator_id is None:
            raise ValueError("scope: no operator")
        return self.operator_id

    def without_operator(self) -> "CallScope":
        """Return the scope of a call whose answer many operators will share."""
        return replace(self, operator_id=None)


class NotFoundUpstream(Exception):  # noqa: N818 - an answer, not an error of ours
    """The upstream has no such object, or not in this tenant: the two look the same."""
