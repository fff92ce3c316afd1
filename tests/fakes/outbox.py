"""An outbox in memory, with the same promises as PostgreSQL's."""

from dataclasses import dataclass, field
from uuid import UUID

from bff_backoffice.application.ports.outbox import OutboxBacklog, OwedMessage, PublishFailure
from bff_backoffice.domain.message import Message
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import EventId

KEPT_SECONDS = 3 * 86_400


@dataclass(slots=True)
class OutboxRow:
    """One row of the table."""

    message: Message
    created_at: float
    next_attempt_at: float
    attempts: int = 0
    lease_owner: UUID | None = None
    leased_until: float = 0.0
    published_at: float | None = None
    is_parked: bool = False
    last_failure: PublishFailure | None = None


@dataclass(slots=True)
class FakeOutbox:
    """Implements Outbox."""

    clock: Clock
    rows: dict[EventId, OutboxRow] = field(default_factory=dict[EventId, OutboxRow])

    async def append(self, message: Message) -> bool:
        if message.event_id in self.rows:
            return False
        now = self._now()
        self.rows[message.event_id] = OutboxRow(message, now, now)
        return True

    async def claim(self, owner: UUID, *, limit: int, lease_seconds: int) -> list[OwedMessage]:
        now = self._now()
        blocked: set[str] = set()
        claimed: list[OwedMessage] = []
        for row in self.rows.values():
            key = row.message.ordering_key
            if row.published_at is not None:
                continue
            is_waiting = row.is_parked or row.leased_until > now or row.next_attempt_at > now
            if is_waiting or key in blocked or len(claimed) == limit:
                blocked.add(key)
                continue
            row.lease_owner, row.leased_until = owner, now + lease_seconds
            claimed.append(
                OwedMessage(
                    event_id=row.message.event_id,
                    topic=row.message.topic,
                    ordering_key=key,
                    event=row.message.event,
                    attempts=row.attempts,
                )
            )
        return claimed

    async def mark_published(self, event_ids: list[EventId]) -> None:
        for event_id in event_ids:
            self._end_lease(self.rows[event_id])
            self.rows[event_id].published_at = self._now()

    async def give_back(
        self,
        owner: UUID,
        event_ids: list[EventId],
        failure: PublishFailure,
        *,
        after_seconds: float,
    ) -> None:
        for event_id in event_ids:
            row = self.rows[event_id]
            if row.lease_owner == owner and row.published_at is None:
                self._end_lease(row)
                row.last_failure = failure
                row.attempts += failure == "refused"
                row.next_attempt_at = self._now() + after_seconds

    async def park(self, owner: UUID, event_id: EventId, failure: PublishFailure) -> None:
        row = self.rows[event_id]
        if row.lease_owner == owner and row.published_at is None:
            self._end_lease(row)
            row.last_failure, row.is_parked = failure, True
            row.attempts += 1

    async def backlog(self) -> OutboxBacklog:
        owed = [row for row in self.rows.values() if row.published_at is None]
        return OutboxBacklog(
            waiting=sum(not row.is_parked for row in owed),
            parked=sum(row.is_parked for row in owed),
            oldest_seconds=max((self._now() - row.created_at for row in owed), default=0.0),
        )

    async def remove_published(self, limit: int) -> int:
        old = [
            event_id
            for event_id, row in self.rows.items()
            if row.published_at is not None and row.published_at < self._now() - KEPT_SECONDS
        ][:limit]
        for event_id in old:
            del self.rows[event_id]
        return len(old)

    def _end_lease(self, row: OutboxRow) -> None:
        row.lease_owner, row.leased_until = None, 0.0

    def _now(self) -> float:
        return self.clock.monotonic_seconds()
