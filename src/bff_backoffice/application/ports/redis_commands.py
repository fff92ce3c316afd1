"""Speaking to a Redis or Valkey server, for adapters that keep their data there.

Implemented by `infrastructure/redis/connection.py`, handed to the other adapters by bootstrap.
"""

from collections.abc import Sequence
from typing import Protocol

RedisArgument = str | bytes | int | float


class RedisUnavailable(Exception):  # noqa: N818 - a state of the store, decided on by its user
    """The store gave no answer: unreachable, too slow, or the connection broke.

    Whether the command took effect is not known. Each adapter states what it then does.
    """

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(f"{store}: {reason}")
        self.store = store
        self.reason = reason


class RedisRefused(Exception):  # noqa: N818 - the server's own refusal
    """The server answered with an error; its text begins with the error's name."""


class RedisCommands(Protocol):
    """Sends commands over a shared connection; safe for any number of concurrent callers."""

    async def execute(self, *command: RedisArgument) -> object:
        """Return the reply: bytes, int, list or None. Raises RedisUnavailable, RedisRefused."""
        ...

    async def pipeline(self, commands: Sequence[Sequence[RedisArgument]]) -> list[object]:
        """Send the commands in order and return their replies; raises the first failure."""
        ...


class BlockingRedisCommands(Protocol):
    """Sends commands that wait in the server, one at a time, on a connection of their own."""

    async def execute_within(self, seconds: float, *command: RedisArgument) -> object:
        """Return the reply, or raise RedisUnavailable when it takes longer, or RedisRefused."""
        ...
