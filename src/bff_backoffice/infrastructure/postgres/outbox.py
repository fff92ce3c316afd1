"""The outbox in PostgreSQL."""

from typing import Final
from uuid import UUID

from bff_backoffice.application.ports.outbox import OutboxBacklog, OwedMessage, PublishFailure
from bff_backoffice.domain.message import Message
from bff_backoffice.foundation.identifiers import EventId
from bff_backoffice.infrastructure.postgres.database import Database

_APPEND: Final = "select bff.append_message($1, $2, $3, $4, $5) as is_new"
_CLAIM: Final = """
select event_id, topic, ordering_key, event, attempts
from bff.claim_messages($1, $2, $3)
"""
_MARK_PUBLISHED: Final = """
update bff.outbox
set published_at = clock_timestamp(), lease_owner = null, leased_until = null
where event_id = any ($1::text[]) and published_at is null
"""
_GIVE_BACK: Final = """
update bff.outbox
set lease_owner = null, leased_until = null, last_failure = $3,
    attempts = attempts + case when $3 = 'refused' then 1 else 0 end,
    next_attempt_at = clock_timestamp() + make_interval(secs => $4)
where event_id = any ($2::text[]) and lease_owner = $1 and published_at is null
"""
_PARK: Final = """
update bff.outbox
set lease_owner = null, leased_until = null, last_failure = $3, attempts = attempts + 1,
    parked_at = clock_timestamp()
where event_id = $2 and lease_owner = $1 and published_at is null
"""
_BACKLOG: Final = """
select count(*) filter (where parked_at is null) as waiting,
       count(*) filter (where parked_at is not null) as parked,
       coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::double precision
           as oldest_seconds
from (select created_at, parked_at from bff.outbox
      where published_at is null order by ordering_key, sequence limit 100000) owed
"""
_REMOVE_PUBLISHED: Final = """
delete from bff.outbox
where ctid = any (array(
    select ctid from bff.outbox
    where published_at < now() - interval '3 days'
    order by published_at
    limit $1
    for update skip locked
))
"""


class PostgresOutbox:
    """Implements Outbox. `append` works for any role, the rest with bff_worker's rights."""

    fails: Final = "closed"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, message: Message) -> bool:
        """Add a message in its tenant's own transaction; False when its id is known already."""
        row = await self._database.fetch_row(
            _APPEND,
            message.tenant_id,
            message.event_id,
            message.topic,
            message.ordering_key,
            message.event.decode(),
        )
        return row is not None and row["is_new"] is True

    async def claim(self, owner: UUID, *, limit: int, lease_seconds: int) -> list[OwedMessage]:
        """Lease the oldest messages that may go out now, in order."""
        rows = await self._database.fetch(_CLAIM, owner, limit, lease_seconds)
        return [
            OwedMessage(
                event_id=EventId(row["event_id"]),
                topic=row["topic"],
                ordering_key=row["ordering_key"],
                event=row["event"].encode(),
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def mark_published(self, event_ids: list[EventId]) -> None:
        """Record that the broker has these on disk. A lost lease makes it no less true."""
        await self._database.execute(_MARK_PUBLISHED, event_ids)

    async def give_back(
        self,
        owner: UUID,
        event_ids: list[EventId],
        failure: PublishFailure,
        *,
        after_seconds: float,
    ) -> None:
        """End the lease on what was not published."""
        await self._database.execute(_GIVE_BACK, owner, event_ids, failure, after_seconds)

    async def park(self, owner: UUID, event_id: EventId, failure: PublishFailure) -> None:
        """Set one message aside for a person; its aggregate's later ones wait behind it."""
        await self._database.execute(_PARK, owner, event_id, failure)

    async def backlog(self) -> OutboxBacklog:
        """Return what is owed now, counted up to a bound."""
        row = await self._database.fetch_row(_BACKLOG)
        if row is None:
            return OutboxBacklog(waiting=0, parked=0, oldest_seconds=0.0)
        return OutboxBacklog(
            waiting=row["waiting"], parked=row["parked"], oldest_seconds=row["oldest_seconds"]
        )

    async def remove_published(self, limit: int) -> int:
        """Delete messages published more than three days ago."""
        return await self._database.execute(_REMOVE_PUBLISHED, limit)
