"""The session tier: our admission script, 50 callers at once, on a real Valkey."""

import asyncio
import itertools
import os
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import msgspec
from glide import GlideClient, GlideClientConfiguration, NodeAddress, ServerCredentials
from redis.asyncio import Redis
from tools.stack_measurements.candidates.turns import concurrently, report
from tools.stack_measurements.desktops import TENANT, ULID
from tools.stack_measurements.rounds import Measurement, compare, take_turns

from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.redis.script import Script

AT_ONCE = 50
TIMES = 1500
ROUNDS = 9
ADMIT = "admit_request.lua"
SESSION = msgspec.json.encode(
    {"id": f"bos_{ULID}00", "opened_at": "2026-01-01T00:00:00.000Z", "locale": "en-GB"}
)
_numbers = itertools.count()


def keys_and_arguments() -> tuple[tuple[str, ...], tuple[str | bytes | int, ...]]:
    """Return those for a new proof of one device, whose session is open."""
    device, sid, operator = f"dev_{ULID}00", f"ses_{ULID}00", f"opr_{ULID}00"
    keys = (
        "access:generation",
        f"proof:{TENANT}:{'t' * 43}:{next(_numbers):024d}",
        f"quota:{TENANT}:{'t' * 43}",
        f"session:{TENANT}:{sid}",
        f"session:by-device:{TENANT}:{device}",
        f"revoked:{TENANT}:tenant",
        f"revoked:{TENANT}:operator:{operator}",
        f"revoked:{TENANT}:device:{device}",
        f"revoked:{TENANT}:sid:{sid}",
        f"scope:{TENANT}:{operator}",
        "owed:session-events",
        "owed:session-events:dropped",
    )
    return keys, (1, 1767225600, 20, 10**9, 43200, sid, b"", b"", 100_000)


class Coalescing:
    """redis-py, with the commands of concurrent callers put into one of its pipelines."""

    def __init__(self, redis: Redis, digest: str) -> None:
        self._redis = redis
        self._digest = digest
        self._waiting: list[asyncio.Future] = []
        self._is_due = False

    async def admit(self) -> list[bytes]:
        loop = asyncio.get_running_loop()
        reply = loop.create_future()
        self._waiting.append(reply)
        if not self._is_due:
            self._is_due = True
            self._task = loop.create_task(self._send())
        return await reply

    async def _send(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            pipeline = self._redis.pipeline(transaction=False)
            for _ in waiting:
                keys, arguments = keys_and_arguments()
                pipeline.evalsha(self._digest, len(keys), *keys, *arguments)
            for future, reply in zip(waiting, await pipeline.execute(), strict=True):
                future.set_result(reply)
        self._is_due = False


async def new_glide(url: str) -> GlideClient:
    parts = urlsplit(url)
    return await GlideClient.create(
        GlideClientConfiguration(
            [NodeAddress(parts.hostname, parts.port)],
            credentials=ServerCredentials(parts.password),
            request_timeout=5000,
        )
    )


def admitted(reply: object) -> None:
    if not isinstance(reply, list) or reply[0] != b"admitted":
        raise RuntimeError(f"not admitted: {reply!r}")


async def measure() -> list[Measurement]:
    url = os.environ["MEASURED_REDIS_URL"]
    async with AsyncExitStack() as stack:
        shared = SharedRedisConnection(SecretText(url), name="measured")
        stack.push_async_callback(shared.close)
        redis = await stack.enter_async_context(Redis.from_url(url, max_connections=AT_ONCE))
        glide = await new_glide(url)
        stack.push_async_callback(glide.close)
        script = Script(ADMIT)
        keys, _ = keys_and_arguments()
        await redis.set(keys[0], 1)
        await redis.set(keys[3], SESSION)
        digest = await redis.script_load(script._text)  # noqa: SLF001 - the very script measured
        coalescing = Coalescing(redis, digest)

        async def ours() -> None:
            admitted(await script.run(shared, *keys_and_arguments()))

        async def one_connection_each() -> None:
            keys, arguments = keys_and_arguments()
            admitted(await redis.evalsha(digest, len(keys), *keys, *arguments))

        async def coalesced() -> None:
            admitted(await coalescing.admit())

        async def by_glide() -> None:
            keys, arguments = keys_and_arguments()
            texts = [part if isinstance(part, bytes) else str(part) for part in arguments]
            admitted(await glide.custom_command(["EVALSHA", digest, str(len(keys)), *keys, *texts]))

        operations = {
            "SharedRedisConnection (redis-py's connection, our batches)": ours,
            "redis-py, a connection of the pool per command": one_connection_each,
            "redis-py, concurrent commands in one pipeline": coalesced,
            "valkey-glide": by_glide,
        }
        taken = await take_turns(
            [
                concurrently(name, operation, times=TIMES, at_once=AT_ONCE)
                for name, operation in operations.items()
            ],
            rounds=ROUNDS,
            operations=TIMES,
        )
    return [
        compare(
            "redis",
            f"EVALSHA of {ADMIT}, {AT_ONCE} at once",
            taken,
            chosen="SharedRedisConnection (redis-py's connection, our batches)",
            operations=TIMES,
            notes=["CPU of the client's process, all its threads."],
        )
    ]


if __name__ == "__main__":
    report(measure)
