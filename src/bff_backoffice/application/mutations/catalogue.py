"""Every action the service forwards: one row each, and nothing is forwarded without a row."""

from dataclasses import dataclass
from typing import Final

from bff_backoffice.domain.idempotency import UpstreamKeyForm
from bff_backoffice.domain.message import LOCK_ACTION_PROXIED, MUTATION_PROXIED, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row.

    `deadline_seconds` counts from before commit 1 to the upstream's answer; the upstream's own
    policy row is shorter and rules the call itself, its retry included. `asks_again_seconds` is
    the action's useful life: an action older than that, its outcome unknown, is read but never
    sent again (0: never sent twice at all). `is_lock_action` says that it stands in the lock
    ledger, with an intent before the call and an outcome after it.
    """

    name: str
    method: str
    route: str
    resource_kind: str
    upstream: str
    upstream_key_form: UpstreamKeyForm
    deadline_seconds: float
    asks_again_seconds: float
    event: EventKind
    changes: tuple[str, ...]
    roles: frozenset[str]
    success_status: int = 200
    is_lock_action: bool = False


RESERVATION_CHECK_IN: Final = Action(
    name="reservation.check_in",
    method="POST",
    route="/reservations/{reservation_id}/check-in",
    resource_kind="reservation",
    upstream="reservation",
    upstream_key_form="ulid",
    deadline_seconds=4.0,
    asks_again_seconds=60.0,
    event=MUTATION_PROXIED,
    changes=("reservation", "housekeeping", "inventory", "billing"),
    roles=frozenset({"front_desk", "general_manager", "owner"}),
)

LOCK_ISSUE_KEY: Final = Action(
    name="lock.issue_key",
    method="POST",
    route="/locks/{lock_id}/issue-key",
    resource_kind="lock",
    upstream="lock-integration",
    upstream_key_form="ulid",
    deadline_seconds=4.0,
    asks_again_seconds=0.0,
    event=LOCK_ACTION_PROXIED,
    changes=("lock-integration",),
    roles=frozenset({"front_desk", "general_manager", "owner"}),
    success_status=201,
    is_lock_action=True,
)

ACTIONS: Final = (RESERVATION_CHECK_IN, LOCK_ISSUE_KEY)
CLAIM_LEASE_SECONDS: Final = 8
"""Longer than any action's deadline and both its commits together."""
