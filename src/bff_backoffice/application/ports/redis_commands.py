"""One connection to a Redis-protocol store, known to adapters that may not import its driver."""

from collections.abc import Sequence
from typing import Protocol

RedisArgument = str | bytes | int
RedisCommand = tuple[RedisArgument, ...]


class RedisUnavailable(Exception):  # noqa: N818 - a state of the store, not an error of ours
    """The store gave no answer in time; a command that was sent may still have been carried out."""


class RedisRefusal(Exception):  # noqa: N818 - the store's answer to one command
    """The store answered one command with an error (`OOM`, `MISCONF`, `WRONGTYPE`, …).

    `code` is the first word of the answer; the rest is never shown to a client.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RedisCommands(Protocol):
    """Sends commands and pairs each with its own reply, whoever else uses the connection.

    Replies come as the protocol has them: `bytes`, `int`, `None`, or lists of these. Every call
    ends by its deadline: `timeout_seconds`, or the connection's own when that is `None`.
    """

    async def execute(
        self, *arguments: RedisArgument, timeout_seconds: float | None = None
    ) -> object:
        """Run one command. Raises RedisRefusal or RedisUnavailable."""
        ...

    async def pipeline(
        self, commands: Sequence[RedisCommand], *, timeout_seconds: float | None = None
    ) -> list[object]:
        """Run commands in order on one connection, with nothing of anyone else's in between.

        One reply per command; a command that the store refused has its RedisRefusal in place of
        a reply, and the later ones still run. Raises RedisUnavailable for the whole.
        """
        ...
