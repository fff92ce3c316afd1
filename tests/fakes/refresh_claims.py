"""Refresh claims in memory."""

from dataclasses import dataclass, field

from bff_backoffice.application.ports.access_store import AccessStoreDown
from bff_backoffice.application.ports.refresh_claims import RefreshOutcome


@dataclass(slots=True)
class FakeRefreshClaims:
    """Implements RefreshClaims."""

    claims_max: int = 50_000
    claims_per_source_max: int = 2_000
    is_down: bool = False
    claimed: dict[str, str] = field(default_factory=dict[str, str])
    turns: set[str] = field(default_factory=set[str])

    async def claim(
        self, thumbprint: str, proof_identifier: str, *, source: str, now_epoch_seconds: float
    ) -> RefreshOutcome:
        if self.is_down:
            raise AccessStoreDown
        claim = f"{thumbprint} {proof_identifier}"
        if claim in self.claimed:
            return "replayed"
        if thumbprint in self.turns:
            return "in_flight"
        of_source = sum(1 for claimed_by in self.claimed.values() if claimed_by == source)
        if len(self.claimed) >= self.claims_max or of_source >= self.claims_per_source_max:
            return "full"
        self.claimed[claim] = source
        self.turns.add(thumbprint)
        return "claimed"

    async def release(self, thumbprint: str) -> None:
        self.turns.discard(thumbprint)
