"""Events on Valkey Streams (Valkey 7.2 or later): one stream per topic, bounded, on disk.

An event counts as published only after WAITAOF has said that this connection's writes are in
the append-only file on disk, so neither kill -9 nor a power cut loses one. A full stream takes
nothing more: its messages wait in the outbox. Entries older than a week are trimmed.
"""

from dataclasses import dataclass
from typing import Final, cast

from bff_backoffice.application.ports.message_broker import PublishableMessage, PublishReport
from bff_backoffice.application.ports.outbox import PublishFailure
from bff_backoffice.application.ports.redis_commands import (
    RedisCommand,
    RedisCommands,
    RedisUnavailable,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.identifiers import EventId

EVENT_BYTES_MAX: Final = 64 * 1024

_APPEND: Final = """#!lua
redis.call('XTRIM', KEYS[1], 'MINID', '~', ARGV[2])
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local added = 0
for i = 3, #ARGV, 2 do
  if added >= room then break end
  redis.call('XADD', KEYS[1], '*', 'event', ARGV[i], 'ordering_key', ARGV[i + 1])
  added = added + 1
end
return added
"""
"""Its first line makes the broker refuse the whole script when it is out of memory; without it
only a script's first writing command would be asked, and a trim is always allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPolicy:
    """How long a stream may get, how old its entries, and how long the disk may take."""

    entries_max: int = 100_000
    entry_days_max: int = 7
    disk_seconds_max: float = 3.0


class ValkeyStreams:
    """Implements MessageBroker over a connection that nothing else uses: WAITAOF blocks it."""

    def __init__(self, redis: RedisCommands, clock: Clock, policy: StreamPolicy) -> None:
        self._redis = redis
        self._clock = clock
        self._policy = policy

    async def publish(self, messages: list[PublishableMessage]) -> PublishReport:
        """Publish in order; a message is reported published only when it is on disk."""
        failed: dict[EventId, PublishFailure] = {}
        batches = _by_topic(messages, failed)
        if not batches:
            return PublishReport(failed=failed)
        milliseconds = int(self._policy.disk_seconds_max * 1000)
        commands = [self._append(topic, batch) for topic, batch in batches.items()]
        commands.append(("WAITAOF", 1, 0, milliseconds))
        try:
            *added, on_disk = await self._redis.pipeline(
                commands, timeout_seconds=self._policy.disk_seconds_max + 1.0
            )
        except RedisUnavailable:
            unsure = [message for batch in batches.values() for message in batch]
            failed.update(dict.fromkeys(_ids(unsure), "broker_unavailable"))
            return PublishReport(failed=failed)
        taken: list[EventId] = []
        for batch, reply in zip(batches.values(), added, strict=True):
            taken.extend(_ids(_taken(batch, reply, failed)))
        if not _is_on_disk(on_disk):
            failed.update(dict.fromkeys(taken, "not_durable"))
            return PublishReport(failed=failed)
        return PublishReport(published=taken, failed=failed)

    def _append(self, topic: str, batch: list[PublishableMessage]) -> RedisCommand:
        oldest_seconds = self._clock.epoch_seconds() - self._policy.entry_days_max * 86_400
        entries = [part for message in batch for part in (message.event, message.ordering_key)]
        limits = (self._policy.entries_max, int(oldest_seconds * 1000))
        return ("EVAL", _APPEND, 1, topic, *limits, *entries)


def _by_topic(
    messages: list[PublishableMessage], failed: dict[EventId, PublishFailure]
) -> dict[str, list[PublishableMessage]]:
    batches: dict[str, list[PublishableMessage]] = {}
    held_back: set[str] = set()
    for message in messages:
        if message.ordering_key in held_back:
            continue
        if len(message.event) > EVENT_BYTES_MAX:
            failed[message.event_id] = "refused"
            held_back.add(message.ordering_key)
        else:
            batches.setdefault(message.topic, []).append(message)
    return batches


def _taken(
    batch: list[PublishableMessage], reply: object, failed: dict[EventId, PublishFailure]
) -> list[PublishableMessage]:
    if isinstance(reply, int):
        failed.update(dict.fromkeys(_ids(batch[reply:]), "stream_full"))
        return batch[:reply]
    # A refusal (OOM, MISCONF, NOPERM, …) is the broker's state: no event is to blame for it.
    failed.update(dict.fromkeys(_ids(batch), "broker_unavailable"))
    return []


def _is_on_disk(reply: object) -> bool:
    """Tell whether WAITAOF counted the local disk: `[1, replicas]`."""
    return isinstance(reply, list) and cast("list[object]", reply)[:1] == [1]


def _ids(messages: list[PublishableMessage]) -> list[EventId]:
    return [message.event_id for message in messages]
