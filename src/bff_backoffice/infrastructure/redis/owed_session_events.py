"""The owed session events, in the list that the session tier's script appends to."""

from typing import Final, cast

from bff_backoffice.application.ports.owed_session_events import OwedSessionEventsUnavailable
from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommands,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.infrastructure.redis.access_store import OWED_EVENTS_KEY

UNREADABLE_KEY: Final = OWED_EVENTS_KEY + ":unreadable"
UNREADABLE_MAX: Final = 1000

_SET_ASIDE: Final = """
if redis.call('LREM', KEYS[1], 1, ARGV[1]) > 0 then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[2]), -1)
end
return 1
"""


class RedisOwedSessionEvents:
    """Implements OwedSessionEvents."""

    def __init__(self, redis: RedisCommands) -> None:
        self._redis = redis

    async def oldest(self, limit: int) -> list[bytes]:
        """Return the oldest entries and leave them where they are."""
        reply = await self._execute("LRANGE", OWED_EVENTS_KEY, 0, limit - 1)
        if not isinstance(reply, list):
            raise OwedSessionEventsUnavailable("not a list")
        return [entry for entry in cast("list[object]", reply) if isinstance(entry, bytes)]

    async def remove(self, entries: list[bytes]) -> None:
        """Remove entries that are safe elsewhere, from the head, where they are found at once."""
        if not entries:
            return
        try:
            await self._redis.pipeline([("LREM", OWED_EVENTS_KEY, 1, entry) for entry in entries])
        except RedisUnavailable as error:
            raise OwedSessionEventsUnavailable from error

    async def set_aside(self, entry: bytes) -> None:
        """Move an entry that cannot be read to a bounded list for a person, in one step."""
        await self._execute(
            "EVAL", _SET_ASIDE, 2, OWED_EVENTS_KEY, UNREADABLE_KEY, entry, UNREADABLE_MAX
        )

    async def length(self) -> int:
        """Return how many are owed."""
        reply = await self._execute("LLEN", OWED_EVENTS_KEY)
        return reply if isinstance(reply, int) else 0

    async def _execute(self, *arguments: RedisArgument) -> object:
        try:
            return await self._redis.execute(*arguments)
        except (RedisUnavailable, RedisRefusal) as error:
            raise OwedSessionEventsUnavailable from error
