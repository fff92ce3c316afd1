"""Publishes owed events to the broker's stream, in order, again and again until it has them."""

import asyncio
import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from upstream_simulator.events import EventOutbox

STREAM: Final = "upstream.events"
STREAM_LENGTH_MAX: Final = 50_000
BATCH: Final = 100
RETRY_SECONDS: Final = 1.0
CALL_SECONDS_MAX: Final = 5.0

_log = logging.getLogger("upstream_simulator")


class EventPublisher:
    """At-least-once: an event is marked after the broker took it."""

    def __init__(self, *, outbox: EventOutbox, broker_url: str) -> None:
        self._outbox = outbox
        self._redis = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis-py types keywords loosely
            broker_url,
            socket_timeout=CALL_SECONDS_MAX,
            socket_connect_timeout=CALL_SECONDS_MAX,
        )
        self._work = asyncio.Event()
        self._work.set()

    def wake(self) -> None:
        """Say that there may be something to publish."""
        self._work.set()

    async def run(self) -> None:
        """Publish for ever; end by cancelling."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                await self._publish_owed()
        finally:
            await self._redis.aclose()

    async def _publish_owed(self) -> None:
        while owed := self._outbox.owed(limit=BATCH):
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for _, upstream, body in owed:
                        pipeline.xadd(
                            STREAM,
                            {"event": body, "upstream": upstream},
                            maxlen=STREAM_LENGTH_MAX,
                            approximate=True,
                        )
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                _log.warning("the broker does not take events: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._outbox.mark_published(owed[-1][0])
