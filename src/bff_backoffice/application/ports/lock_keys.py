"""The lock service and the stays keys are for, as this service means them."""

from typing import Protocol

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import FailureReason
from bff_backoffice.domain.lock import Credential, Door, IssueKey, KeyStay, LockPage, LockVendor
from bff_backoffice.foundation.identifiers import LockId, ReservationId, RoomId


class Doors(Protocol):
    """Lock-integration's devices."""

    async def door(self, lock_id: LockId, scope: CallScope) -> Door:
        """Return the lock. Raises NotFoundUpstream, another property's included, or a failure."""
        ...


class LockLists(Protocol):
    """Lock-integration's devices, as lists."""

    async def locks(
        self, scope: CallScope, *, room_id: RoomId | None, limit: int, place: str | None
    ) -> LockPage:
        """Return the property's locks, or one room's. Raises NotFoundUpstream or a failure."""
        ...


class KeyStays(Protocol):
    """The reservation service."""

    async def key_stay(self, reservation_id: ReservationId, scope: CallScope) -> KeyStay:
        """Return the stay. Raises NotFoundUpstream, another property's included, or a failure."""
        ...


class LockKeys(Protocol):
    """Three ways to end: a credential, a LockRefusal, an UpstreamFailure.

    A refusal is the lock service's definite decision. Nothing here is ever sent twice.
    """

    def refusal(self, vendor: LockVendor) -> FailureReason | None:
        """Tell why a key of this vendor would not even be asked for just now."""
        ...

    async def issue(self, command: IssueKey, call: MutationCall) -> Credential:
        """Ask for the key, once."""
        ...

    async def read_outcome(self, call: MutationCall) -> Credential | None:
        """Return what the request with this key did; None when it never acted on it.

        A refusal on record is raised like one that is fresh.
        """
        ...
