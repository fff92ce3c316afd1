"""Refresh claims in the session tier, in two bounded sets of their own."""

import hashlib
from contextlib import suppress
from typing import Final, cast

from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.redis_commands import (
    RedisCommands,
    RedisRefusal,
    RedisUnavailable,
)
from bff_backoffice.application.ports.refresh_claims import RefreshOutcome
from bff_backoffice.infrastructure.redis.script import Script

CLAIMS_KEY: Final = "refresh:claims"
CLAIMS_MAX: Final = 50_000
CLAIMS_PER_SOURCE_MAX: Final = 2_000
"""A whole hotel refreshes behind one address."""
TURN_MILLISECONDS: Final = 2_000
"""Longer than iam's deadline: the turn outlives the call that it stands for."""


class RedisRefreshClaims:
    """Implements RefreshClaims."""

    def __init__(self, redis: RedisCommands, *, claim_seconds: int) -> None:
        self._redis = redis
        self._claim_seconds = claim_seconds
        self._claim = Script("claim_refresh.lua")

    async def claim(
        self, thumbprint: str, proof_identifier: str, *, source: str, now_epoch_seconds: float
    ) -> RefreshOutcome:
        """Claim the proof and the key's turn; see RefreshClaims."""
        claim = hashlib.sha256(f"{thumbprint} {proof_identifier}".encode()).hexdigest()
        keys = (CLAIMS_KEY, f"{CLAIMS_KEY}:{source}", f"refresh:turn:{thumbprint}")
        arguments = (
            int(now_epoch_seconds),
            claim,
            self._claim_seconds,
            CLAIMS_MAX,
            CLAIMS_PER_SOURCE_MAX,
            TURN_MILLISECONDS,
        )
        try:
            outcome = await self._claim.run(self._redis, keys, arguments)
        except (RedisUnavailable, RedisRefusal) as error:
            raise AccessStoreDown from error
        return cast("RefreshOutcome", cast("bytes", outcome).decode("ascii"))

    async def release(self, thumbprint: str) -> None:
        """Give the key's turn back."""
        with suppress(RedisUnavailable, RedisRefusal):
            await self._redis.execute("DEL", f"refresh:turn:{thumbprint}")
