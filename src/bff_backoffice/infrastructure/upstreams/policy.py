"""How long, how often and how much: one row for every upstream and class of operation.

No upstream can be called without a row here. Deadlines count from the call to the last byte of
the answer, retries included. Breaker numbers are the house's: 5 failures in a row, 4 seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from bff_backoffice.domain.lock import LockVendor

UpstreamName = Literal[
    "iam",
    "tenant",
    "property",
    "reservation",
    "inventory",
    "pricing",
    "housekeeping",
    "maintenance",
    "billing",
    "lock-integration",
    "ai-orchestrator",
    "notification",
    "sync",
    "staff",
    "analytics",
    "payment",
]
UPSTREAM_NAMES: Final[tuple[UpstreamName, ...]] = get_args(UpstreamName)

OperationClass = Literal["read", "mutation"]

READ_ANSWER_BYTES_MAX: Final = 512 * 1024
MUTATION_ANSWER_BYTES_MAX: Final = 256 * 1024
REQUEST_BODY_BYTES_MAX: Final = 256 * 1024

CONNECTIONS_MAX: Final = 512
"""Requests under way in this process, over all upstreams. The bulkheads keep well below it."""
IDLE_CONNECTIONS_PER_HOST_MAX: Final = 32
IDLE_CONNECTION_SECONDS: Final = 30.0
CONNECT_SECONDS_MAX: Final = 0.3
"""Longer than any connection inside a region takes; shorter than the shortest deadline."""


WAIT_FOR_PLACE_SECONDS_MAX: Final = 0.1
"""Of a call's own deadline. A place that is not free by then belongs to a call that hangs."""

WAIT_FOR_PROBE_SECONDS_MAX: Final = 0.25
"""Of a call's own deadline, while the first call after an outage is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When to stop asking, and for how long."""

    consecutive_failures: int = 5
    failure_percent: int = 50
    window_calls: int = 20
    open_seconds: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPolicy:
    """One row: what one class of operations of one upstream may cost.

    `parts` are things behind the upstream that fail each on their own (lock vendors): each has
    a breaker and places of its own, so that one that hangs does not stop the others.
    """

    deadline_seconds: float
    retries: int
    answer_bytes_max: int
    calls_under_way_max: int
    calls_waiting_max: int
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    parts: tuple[str, ...] = ()


LOCK_VENDORS: Final[tuple[str, ...]] = get_args(LockVendor)
PolicyTable = Mapping[tuple[UpstreamName, OperationClass], UpstreamPolicy]


def _read(milliseconds: int, *, retries: int) -> UpstreamPolicy:
    return UpstreamPolicy(
        deadline_seconds=milliseconds / 1000,
        retries=retries,
        answer_bytes_max=READ_ANSWER_BYTES_MAX,
        calls_under_way_max=48,
        calls_waiting_max=96,
    )


def _mutation(milliseconds: int, *, retries: int, parts: tuple[str, ...] = ()) -> UpstreamPolicy:
    """Build a mutation's row; its retries are spent only where the request carries a key."""
    return UpstreamPolicy(
        deadline_seconds=milliseconds / 1000,
        retries=retries,
        answer_bytes_max=MUTATION_ANSWER_BYTES_MAX,
        calls_under_way_max=32,
        calls_waiting_max=32,
        parts=parts,
    )


POLICIES: Final[PolicyTable] = MappingProxyType(
    {
        ("iam", "read"): _read(600, retries=0),
        ("iam", "mutation"): _mutation(600, retries=0),
        ("tenant", "read"): _read(500, retries=1),
        ("tenant", "mutation"): _mutation(500, retries=1),
        ("property", "read"): _read(600, retries=1),
        ("property", "mutation"): _mutation(600, retries=1),
        ("reservation", "read"): _read(800, retries=1),
        ("reservation", "mutation"): _mutation(1500, retries=1),
        ("inventory", "read"): _read(600, retries=1),
        ("inventory", "mutation"): _mutation(600, retries=1),
        ("pricing", "read"): _read(600, retries=1),
        ("pricing", "mutation"): _mutation(600, retries=1),
        ("housekeeping", "read"): _read(700, retries=1),
        ("housekeeping", "mutation"): _mutation(700, retries=1),
        ("maintenance", "read"): _read(700, retries=1),
        ("maintenance", "mutation"): _mutation(700, retries=1),
        ("billing", "read"): _read(600, retries=1),
        ("billing", "mutation"): _mutation(600, retries=1),
        # A door acted on twice is a safety matter: never asked again, not even to read.
        ("lock-integration", "read"): _read(1200, retries=0),
        ("lock-integration", "mutation"): _mutation(1200, retries=0, parts=LOCK_VENDORS),
        ("ai-orchestrator", "read"): _read(1200, retries=0),
        ("ai-orchestrator", "mutation"): _mutation(1200, retries=0),
        ("notification", "read"): _read(600, retries=1),
        ("notification", "mutation"): _mutation(600, retries=1),
        ("sync", "read"): _read(600, retries=1),
        ("sync", "mutation"): _mutation(600, retries=1),
        ("staff", "read"): _read(600, retries=1),
        ("staff", "mutation"): _mutation(600, retries=1),
        ("analytics", "read"): _read(600, retries=1),
        ("analytics", "mutation"): _mutation(600, retries=1),
        ("payment", "read"): _read(600, retries=1),
        ("payment", "mutation"): _mutation(600, retries=1),
    }
)
