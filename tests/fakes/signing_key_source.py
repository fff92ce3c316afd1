"""An issuer's key set endpoint that answers as told."""

import asyncio
from dataclasses import dataclass, field

from bff_backoffice.application.ports.upstreams import UpstreamFailure


@dataclass(slots=True)
class FakeSigningKeySource:
    """Implements SigningKeySource; waits while `gate` is closed."""

    document: bytes
    is_down: bool = False
    fetches: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def fetch(self) -> bytes:
        self.fetches += 1
        await self.gate.wait()
        if self.is_down:
            raise UpstreamFailure(upstream="iam", reason="unreachable")
        return self.document
