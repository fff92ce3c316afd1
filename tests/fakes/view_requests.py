"""Requests for views as routes get them: authenticated, with a property."""

from tests.fakes.dashboard_sources import FACTS, principal
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.presentation.http import Request


def view_request(
    path: str, clock: ManualClock, *, query: str = "", headers: dict[str, str] | None = None
) -> Request:
    """Return a front desk's request."""
    return Request(
        method="GET",
        path=path,
        query_string=query,
        headers=headers or {},
        repeated_headers=frozenset(),
        client_address="127.0.0.1",
        facts=FACTS,
        deadline=Deadline.after(3, clock),
        authenticated=principal("front_desk"),
        property_scope=PropertyId("prop_A"),
    )
