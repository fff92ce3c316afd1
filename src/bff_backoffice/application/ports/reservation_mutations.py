"""The reservation service's actions, as this service means them."""

from dataclasses import dataclass
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import FailureReason
from bff_backoffice.domain.mutation import CheckIn, ReservationAfter
from bff_backoffice.foundation.identifiers import ReservationId


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationCall:
    """On whose account an upstream is asked to act, until when, and with which key."""

    scope: CallScope
    upstream_key: str


class ReservationMutations(Protocol):
    """Three ways to end, for each method: an answer, a ReservationRefusal, an UpstreamFailure.

    A refusal is the upstream's definite decision, translated. UpstreamFailure says by
    `was_sent` whether the upstream may have acted; `rejected` (their 401, 403, 408, 425, 429)
    means that it did not, and that asking again later may help.
    """

    def refusal(self) -> FailureReason | None:
        """Tell why an action would not even be sent just now: breaker open, bulkhead full."""
        ...

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        """Check the guest in. Safe to repeat with the same key inside the key's 24 hours."""
        ...

    async def read_outcome(
        self, reservation_id: ReservationId, call: MutationCall
    ) -> ReservationAfter | None:
        """Return what the request with this key did; None when the upstream has no record of it.

        A refusal on record is raised like one that is fresh.
        """
        ...
