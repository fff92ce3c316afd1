"""Where events go. The same promise on every broker: at least once, in order, on disk."""

from dataclasses import dataclass, field
from typing import Protocol

from bff_backoffice.application.ports.outbox import PublishFailure
from bff_backoffice.foundation.identifiers import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishableMessage:
    """An event ready to go."""

    event_id: EventId
    topic: str
    ordering_key: str
    event: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """Which messages are on the broker's disk, and why the others are not."""

    published: list[EventId] = field(default_factory=list[EventId])
    failed: dict[EventId, PublishFailure] = field(default_factory=dict[EventId, PublishFailure])


class MessageBroker(Protocol):
    """Never raises for the broker's own trouble: the report says what is not out."""

    async def publish(self, messages: list[PublishableMessage]) -> PublishReport:
        """Publish in order; a message is reported published only when it is on disk.

        After a failure of one message no later one of the same topic is tried.
        """
        ...
