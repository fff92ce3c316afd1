"""Bring what the outbox owes to the broker: at least once, in the order of each aggregate."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bff_backoffice.application.messaging.events import stamped
from bff_backoffice.application.ports.message_broker import (
    MessageBroker,
    PublishableMessage,
    PublishReport,
)
from bff_backoffice.application.ports.outbox import (
    Outbox,
    OutboxBacklog,
    OwedMessage,
    PublishFailure,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import EventId

BATCH_MAX: Final = 500
LEASE_SECONDS: Final = 10
"""Longer than the broker may take; a relay that died holds its messages no longer than this."""
REFUSALS_MAX: Final = 5
"""A message that the broker has refused so often is parked, its aggregate's later ones wait."""
_RETRY_SECONDS: Final[dict[PublishFailure, float]] = {
    "refused": 2.0,
    "broker_unavailable": 1.0,
    "stream_full": 1.0,
    "not_durable": 1.0,
    "held_back": 0.0,  # What holds it back has its own time.
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayReport:
    """What one round did."""

    claimed: int
    published: int
    parked: int

    @property
    def is_more_waiting(self) -> bool:
        """Tell whether another round is due at once."""
        return self.claimed == BATCH_MAX and self.published == self.claimed

    @property
    def is_stuck(self) -> bool:
        """Tell whether something could not go out."""
        return self.published < self.claimed


class RelayOutbox:
    """One of any number of relays. `owner` names this one for as long as it lives."""

    def __init__(self, outbox: Outbox, broker: MessageBroker, clock: Clock, owner: UUID) -> None:
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._owner = owner

    async def run_once(self) -> RelayReport:
        """Publish one batch. Raises StoreUnavailable; a lease nobody ends runs out by itself."""
        owed = await self._outbox.claim(self._owner, limit=BATCH_MAX, lease_seconds=LEASE_SECONDS)
        if not owed:
            return RelayReport(claimed=0, published=0, parked=0)
        moment = self._clock.now()
        report = await self._broker.publish(
            [
                PublishableMessage(
                    event_id=message.event_id,
                    topic=message.topic,
                    ordering_key=message.ordering_key,
                    event=stamped(message.event, moment),
                )
                for message in owed
            ]
        )
        if report.published:
            await self._outbox.mark_published(report.published)
        parked = await self._give_back(owed, report)
        return RelayReport(claimed=len(owed), published=len(report.published), parked=parked)

    async def backlog(self) -> OutboxBacklog:
        """Return what is owed now, for metrics. Raises StoreUnavailable."""
        return await self._outbox.backlog()

    async def _give_back(self, owed: list[OwedMessage], report: PublishReport) -> int:
        parked = 0
        by_failure: dict[PublishFailure, list[EventId]] = {}
        published = set(report.published)
        for message in owed:
            if message.event_id in published:
                continue
            failure = report.failed.get(message.event_id, "held_back")
            if failure == "refused" and message.attempts + 1 >= REFUSALS_MAX:
                await self._outbox.park(self._owner, message.event_id, failure)
                parked += 1
            else:
                by_failure.setdefault(failure, []).append(message.event_id)
        for failure, event_ids in by_failure.items():
            await self._outbox.give_back(
                self._owner, event_ids, failure, after_seconds=_RETRY_SECONDS[failure]
            )
        return parked
