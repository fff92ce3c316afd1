"""What the one mutation path needs to know of an action; one small class per action."""

from typing import Protocol

from bff_backoffice.application.mutations.catalogue import Action
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure

Result = dict[str, object]
"""Identifiers and states: it goes into the activity ledger and, with its id, to the client."""


class Performer(Protocol):
    """Both calls end in one of three ways: a result, a ServiceError or an UpstreamFailure.

    A ServiceError is the upstream's definite refusal, translated.
    """

    @property
    def action(self) -> Action:
        """The action's row."""
        ...

    def refusal(self) -> FailureReason | None:
        """Tell why the action would not even be sent just now."""
        ...

    async def perform(self, command: bytes, call: MutationCall) -> Result:
        """Ask the upstream to act."""
        ...

    async def read(self, resource_id: str, call: MutationCall) -> Result | None:
        """Return what the request with this key did; None when the upstream never acted on it."""
        ...


def has_surely_not_acted(failure: UpstreamFailure) -> bool:
    """Tell whether the failure proves that nothing was done.

    `rejected` is a 4xx that is no decision about the action (our identity, their rate limit).
    """
    return not failure.was_sent or failure.reason == "rejected"
