"""An upstream client for tests: the real one, pointed at a server of the test's own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.foundation.clock import Clock, SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import PropertyId, RequestId, TenantId
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.upstreams.breaker import BreakerState
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.policy import (
    POLICIES,
    UPSTREAM_NAMES,
    PolicyTable,
)
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport

TENANT = TenantId("tnt_01HZX8QJ5T9W2V4Y6B8D0F2H4K")
PROPERTY = PropertyId("prop_01HZX8QJ5T9W2V4Y6B8D0F2H4K")


class FixedServiceIdentity:
    """Shows the same token everywhere."""

    def bearer_for(self, upstream: str) -> SecretText:
        return SecretText("service-identity")


@dataclass(slots=True)
class RecordingObserver:
    """Remembers how calls ended."""

    outcomes: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    def call_ended(self, *, upstream: str, operation: str, outcome: str, seconds: float) -> None:
        self.outcomes.append((upstream, operation, outcome))

    def breaker_is(self, *, upstream: str, operation: str, state: BreakerState) -> None:
        pass


@asynccontextmanager
async def upstream_client(
    origin: str,
    *,
    policies: PolicyTable = POLICIES,
    clock: Clock | None = None,
    observer: RecordingObserver | None = None,
) -> AsyncGenerator[UpstreamHttpClient]:
    """Build a client that finds every upstream at one origin."""
    client = UpstreamHttpClient(
        origins=dict.fromkeys(UPSTREAM_NAMES, origin),
        policies=policies,
        identity=FixedServiceIdentity(),
        transport=HttpTransport(),
        observer=observer or RecordingObserver(),
        clock=clock or SystemClock(),
        random=lambda: 0.5,
    )
    try:
        yield client
    finally:
        await client.close()


def scope_for(seconds: float = 5.0) -> CallScope:
    """Return a property-audience scope with a deadline that many seconds away."""
    return CallScope(
        tenant_id=TENANT,
        property_id=PROPERTY,
        deadline=Deadline.after(seconds, SystemClock()),
        request_id=RequestId("req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )
