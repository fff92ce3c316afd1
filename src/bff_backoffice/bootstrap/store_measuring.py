"""Asks each store now and then how it does, so that the metrics know without any request."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bff_backoffice.infrastructure.postgres.database import Database
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.telemetry.store_telemetry import StoreTelemetry

MEASURE_SECONDS: Final = 5.0
PING_SECONDS_MAX: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMeasuring:
    """The stores of one process, and where to tell how they do."""

    database: Database
    redis: Sequence[SharedRedisConnection]
    telemetry: StoreTelemetry

    async def measure(self) -> None:
        """Ask once; a store without an answer in PING_SECONDS_MAX is down."""
        named = {"postgres": self.database.ping}
        named |= {f"redis-{tier.name}": tier.ping for tier in self.redis}
        for name, ping in named.items():
            try:
                async with asyncio.timeout(PING_SECONDS_MAX):
                    is_up = await ping()
            except TimeoutError:
                is_up = False
            self.telemetry.dependency_is(name, is_up=is_up)
        self.telemetry.postgres_pool_is(*self.database.connections_in_use())
        for tier in self.redis:
            self.telemetry.redis_pool_is(tier.name, *tier.connections_in_use())

    async def run_round(self) -> bool:
        """Ask once, as a round of a loop: there is never more to do at once."""
        await self.measure()
        return False

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Ask every MEASURE_SECONDS while the block runs."""
        task = asyncio.create_task(self._run(), name="store-measuring")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self.measure()
            await asyncio.sleep(MEASURE_SECONDS)
