"""The tier that all instances share, and the lease by which only one of them fetches.

Fails: open. A store that does not answer is left alone for a while, so that its silence is
paid for once a second and not once a request.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommand,
    RedisCommands,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.foundation.clock import Clock
from bff_backoffice.infrastructure.cache.entries import Entry, decode_entry, encode_entry

COMMAND_SECONDS_MAX: Final = 0.15
"""When the waiting is given up here. The connection has its own, longer limit, at which it
hangs up for everybody: one slow reply must not cost the others theirs."""
REST_SECONDS: Final = 1.0
LEASE_MILLISECONDS: Final = 400
"""How long a leader that died is waited for. A living one renews in time."""
FAILURE_MILLISECONDS: Final = 300
"""How long followers may learn that the leader's fetch failed, instead of failing again."""
GENERATION_SECONDS: Final = 48 * 3600
"""Longer than anything is kept: a generation must outlive what was read under older ones."""
FAILURE_MARK: Final = b"!"

_IF_OURS: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return "
_RELEASE: Final = _IF_OURS + "redis.call('DEL', KEYS[1]) end return 0"
_RENEW: Final = _IF_OURS + "redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_FAIL: Final = _IF_OURS + "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end return 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the shared tier holds of some keys, in their order."""

    entries: list[Entry | None]
    generations: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who fetches. `failure` is what another instance's fetch just ended with."""

    role: Literal["leader", "follower"]
    entry: Entry | None = None
    failure: str | None = None


class RedisTier:
    """Speaks the cache tier's commands; every method raises RedisUnavailable and nothing else."""

    def __init__(
        self, redis: RedisCommands, clock: Clock, *, on_failure: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._on_failure = on_failure
        self._rests_until = float("-inf")

    @property
    def is_resting(self) -> bool:
        """Tell whether the store is left alone after it gave no answer."""
        return self._clock.monotonic_seconds() < self._rests_until

    async def read(self, keys: Sequence[str], topic_keys: Sequence[str]) -> Reading:
        """Return entries and generations in one round trip."""
        command = ("MGET", *(_entry_key(key) for key in keys), *topic_keys)
        (reply,) = await self._run([command])
        if not isinstance(reply, list):
            raise RedisUnavailable("cache tier: no list")
        values = cast("list[object]", reply)
        texts = [value if isinstance(value, bytes) else None for value in values]
        return Reading(
            entries=[decode_entry(text) if text else None for text in texts[: len(keys)]],
            generations=[text.decode() if text else "" for text in texts[len(keys) :]],
        )

    async def take_turn(self, key: str, lease: str, token: str) -> Turn:
        """Become the leader if nobody is; else see how far the leader is."""
        lease_key = _lease_key(lease)
        taken, holder, stored = await self._run(
            [
                ("SET", lease_key, token, "NX", "PX", LEASE_MILLISECONDS),
                ("GET", lease_key),
                ("GET", _entry_key(key)),
            ]
        )
        entry = decode_entry(stored) if isinstance(stored, bytes) else None
        if taken is not None:
            return Turn(role="leader", entry=entry)
        failure = None
        if isinstance(holder, bytes) and holder.startswith(FAILURE_MARK):
            failure = holder[len(FAILURE_MARK) :].decode()
        return Turn(role="follower", entry=entry, failure=failure)

    async def store(self, key: str, entry: Entry, *, kept_seconds: float) -> None:
        """Keep the entry for that long."""
        milliseconds = int(kept_seconds * 1000)
        await self._run([("SET", _entry_key(key), encode_entry(entry), "PX", milliseconds)])

    async def renew_lease(self, lease: str, token: str) -> None:
        """Keep the lease for another LEASE_MILLISECONDS if it is still ours."""
        await self._script(_RENEW, lease, token, LEASE_MILLISECONDS)

    async def release_lease(self, lease: str, token: str) -> None:
        """Give the lease back if it is still ours."""
        await self._script(_RELEASE, lease, token)

    async def mark_failed(self, lease: str, token: str, failure: str) -> None:
        """Tell the followers, for a moment, how the fetch ended."""
        mark = FAILURE_MARK + failure.encode()
        await self._script(_FAIL, lease, token, mark, FAILURE_MILLISECONDS)

    async def renew_generations(self, topic_keys: Sequence[str], generation: str) -> None:
        """Begin a new generation of these topics, for every instance."""
        await self._run([("SET", key, generation, "EX", GENERATION_SECONDS) for key in topic_keys])

    async def _script(self, script: str, lease: str, *arguments: RedisArgument) -> None:
        await self._run([("EVAL", script, 1, _lease_key(lease), *arguments)])

    async def _run(self, commands: Sequence[RedisCommand]) -> list[object]:
        if self.is_resting:
            raise RedisUnavailable("cache tier: left alone for a moment")
        try:
            async with asyncio.timeout(COMMAND_SECONDS_MAX):
                replies = await self._redis.pipeline(commands)
        except (RedisUnavailable, TimeoutError) as error:
            self._rests_until = self._clock.monotonic_seconds() + REST_SECONDS
            self._on_failure()
            raise RedisUnavailable("cache tier: no answer") from error
        for reply in replies:
            if isinstance(reply, RedisRefusal):
                self._on_failure()
                raise RedisUnavailable(f"cache tier: {reply.code}")
        return replies


def _entry_key(key: str) -> str:
    return "view:" + key


def _lease_key(lease: str) -> str:
    return "fetch:" + lease
