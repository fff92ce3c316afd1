"""The real view cache on a real Valkey, as one instance of the service would have it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bff_backoffice.foundation.clock import Clock
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.cache.memory_tier import MemoryTier
from bff_backoffice.infrastructure.cache.redis_tier import RedisTier
from bff_backoffice.infrastructure.cache.tiered import TieredViewCache
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection


@dataclass(slots=True)
class CountingCacheObserver:
    """Counts what it hears."""

    hits: int = 0
    misses: int = 0
    followers: int = 0
    failures: int = 0

    def looked_up(self, *, view: str, is_hit: bool) -> None:
        self.hits += is_hit
        self.misses += not is_hit

    def followed(self, *, view: str) -> None:
        self.followers += 1

    def shared_tier_failed(self) -> None:
        self.failures += 1


@dataclass(slots=True)
class RealCache:
    """One instance's cache and what happened in it."""

    cache: TieredViewCache
    redis: SharedRedisConnection
    observer: CountingCacheObserver = field(default_factory=CountingCacheObserver)


@asynccontextmanager
async def real_view_cache(url: str, clock: Clock) -> AsyncGenerator[RealCache]:
    """Connect one instance's cache; close it at the end."""
    redis = SharedRedisConnection(SecretText(url), name="cache")
    observer = CountingCacheObserver()
    shared = RedisTier(redis, clock, on_failure=observer.shared_tier_failed)
    cache = TieredViewCache(memory=MemoryTier(), shared=shared, observer=observer, clock=clock)
    try:
        yield RealCache(cache, redis, observer)
    finally:
        await cache.close()
        await redis.close()
