"""All that a Valkey server holds, to compare before and after."""

from redis.asyncio import Redis


async def names_in(redis: Redis) -> list[str]:
    """Return the names of all keys, sorted."""
    names = await redis.keys("*")
    return sorted(name.decode() if isinstance(name, bytes) else name for name in names)


async def everything_in(redis: Redis) -> dict[str, tuple[object, object]]:
    """Return each key with its value and the moment it ends."""
    return {
        name: (await redis.dump(name), await redis.pexpiretime(name))
        for name in await names_in(redis)
    }
