"""Events owed to the broker, in the order of their aggregate. Fails: closed (events wait)."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from bff_backoffice.domain.message import Message
from bff_backoffice.foundation.identifiers import EventId

PublishFailure = Literal[
    "broker_unavailable",
    "stream_full",
    "not_durable",  # the broker took it, but not to disk in time
    "refused",  # the broker will not take this very message
    "held_back",  # an earlier one of its aggregate did not get out
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMessage:
    """A message leased for publishing; `attempts` counts the broker's refusals of it."""

    event_id: EventId
    topic: str
    ordering_key: str
    event: bytes
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxBacklog:
    """How much is owed, for how long, and how much waits for a person."""

    waiting: int
    parked: int
    oldest_seconds: float


class Outbox(Protocol):
    """All methods raise StoreUnavailable."""

    async def append(self, message: Message) -> bool:
        """Add a message in its tenant's own transaction; False when its id is known already."""
        ...

    async def claim(self, owner: UUID, *, limit: int, lease_seconds: int) -> list[OwedMessage]:
        """Lease the oldest messages that may go out now, in order.

        Of one aggregate only one relay ever holds messages, and never past a waiting one.
        """
        ...

    async def mark_published(self, event_ids: list[EventId]) -> None:
        """Record that the broker has these on disk."""
        ...

    async def give_back(
        self,
        owner: UUID,
        event_ids: list[EventId],
        failure: PublishFailure,
        *,
        after_seconds: float,
    ) -> None:
        """End the lease on what was not published; it is due again after that many seconds."""
        ...

    async def park(self, owner: UUID, event_id: EventId, failure: PublishFailure) -> None:
        """Set one message aside for a person; its aggregate's later ones wait behind it."""
        ...

    async def backlog(self) -> OutboxBacklog:
        """Return what is owed now."""
        ...

    async def remove_published(self, limit: int) -> int:
        """Delete messages published more than three days ago; return how many."""
        ...
