"""The durable record of revocations in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.foundation.clock import Clock


@dataclass(slots=True)
class FakeRevocations:
    """Implements Revocations."""

    clock: Clock
    is_down: bool = False
    recorded: dict[tuple[str, str, str], Revocation] = field(
        default_factory=dict[tuple[str, str, str], Revocation]
    )

    async def record(self, revocation: Revocation) -> None:
        if self.is_down:
            raise StoreUnavailable
        key = (revocation.tenant_id, revocation.kind, revocation.subject)
        known = self.recorded.get(key, revocation)
        self.recorded[key] = replace(
            revocation,
            revoked_before=max(known.revoked_before, revocation.revoked_before),
            is_suspended=known.is_suspended or revocation.is_suspended,
            expires_at=max(known.expires_at, revocation.expires_at),
        )

    async def remove_expired(self, limit: int) -> int:
        now = self.clock.now()
        ended = [
            key
            for key, revocation in self.recorded.items()
            if revocation.expires_at < now and not revocation.is_suspended
        ][:limit]
        for key in ended:
            del self.recorded[key]
        return len(ended)

    async def all_in_force(self) -> AsyncIterator[list[Revocation]]:
        if self.is_down:
            raise StoreUnavailable
        now = self.clock.now()
        for _, revocation in sorted(self.recorded.items()):
            if revocation.is_suspended or revocation.expires_at > now:
                yield [revocation]
