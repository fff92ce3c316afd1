"""A Lua script, sent by its digest and whole only where the server does not know it yet."""

import hashlib
from importlib.resources import files

from bff_backoffice.application.ports.redis_commands import (
    RedisArgument,
    RedisCommands,
    RedisRefusal,
)


class Script:
    """One script of this folder. Every key it touches is in `keys`."""

    def __init__(self, file_name: str) -> None:
        self._text = (files("bff_backoffice.infrastructure.redis") / file_name).read_text("utf-8")
        digest = hashlib.sha1(self._text.encode(), usedforsecurity=False)
        self._digest = digest.hexdigest()

    async def run(
        self,
        redis: RedisCommands,
        keys: tuple[str, ...],
        arguments: tuple[RedisArgument, ...],
    ) -> object:
        """Run it. Raises RedisUnavailable or RedisRefusal."""
        try:
            return await redis.execute("EVALSHA", self._digest, len(keys), *keys, *arguments)
        except RedisRefusal as refusal:
            if refusal.code != "NOSCRIPT":
                raise
        return await redis.execute("EVAL", self._text, len(keys), *keys, *arguments)
