"""Builds what `bff events tail` needs: a connection to the broker."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bff_backoffice.application.ports.redis_commands import RedisRefusal, RedisUnavailable
from bff_backoffice.bootstrap.settings import load
from bff_backoffice.domain.message import ACTIVITY_TOPIC, SESSION_TOPIC
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.message_broker.stream_tail import StreamEntry, tail_streams
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection

DEFAULT_STREAMS: Final = (SESSION_TOPIC, ACTIVITY_TOPIC)


class BrokerUnavailable(Exception):  # noqa: N818 - told to the person who watches
    """The broker does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the broker is."""

    broker_url: SecretText


async def tail_events(
    streams: Sequence[str], *, backlog: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[StreamEntry]:
    """Yield events as they are published. Raises SettingsRefused and BrokerUnavailable."""
    settings = load(BrokerSettings, os.environ if environment is None else environment)
    connection = SharedRedisConnection(settings.broker_url, name="broker")
    try:
        async for entry in tail_streams(connection, streams or DEFAULT_STREAMS, backlog=backlog):
            yield entry
    except (RedisUnavailable, RedisRefusal) as error:
        raise BrokerUnavailable(str(error)) from error
    finally:
        await connection.close()
