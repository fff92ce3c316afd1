from typing import get_args

import pytest

from bff_backoffice.infrastructure.upstreams.policy import (
    CONNECT_SECONDS_MAX,
    CONNECTIONS_MAX,
    POLICIES,
    UPSTREAM_NAMES,
    OperationClass,
    UpstreamName,
)

DEADLINES_MS = {
    "iam": (600, 0),
    "tenant": (500, 1),
    "reservation": (800, 1),
    "inventory": (600, 1),
    "pricing": (600, 1),
    "housekeeping": (700, 1),
    "maintenance": (700, 1),
    "billing": (600, 1),
    "lock-integration": (1200, 0),
    "ai-orchestrator": (1200, 0),
    "notification": (600, 1),
    "sync": (600, 1),
    "property": (600, 1),
    "staff": (600, 1),
    "analytics": (600, 1),
    "payment": (600, 1),
}


def test_every_upstream_and_class_has_a_row_and_no_row_is_idle() -> None:
    operations: tuple[OperationClass, ...] = get_args(OperationClass)

    assert set(POLICIES) == {(name, kind) for name in UPSTREAM_NAMES for kind in operations}


@pytest.mark.parametrize("upstream", UPSTREAM_NAMES)
def test_reads_have_the_agreed_deadlines_and_retries(upstream: UpstreamName) -> None:
    row = POLICIES[upstream, "read"]

    assert (round(row.deadline_seconds * 1000), row.retries) == DEADLINES_MS[upstream]


def test_a_reservation_s_mutation_has_a_longer_deadline() -> None:
    row = POLICIES["reservation", "mutation"]

    assert (row.deadline_seconds, row.retries) == (1.5, 1)


def test_doors_and_identity_are_never_asked_twice() -> None:
    never = {name for (name, _), row in POLICIES.items() if row.retries == 0}

    assert never >= {"iam", "lock-integration"}
    assert {row.retries for (name, _), row in POLICIES.items() if name in never} == {0}


def test_the_house_s_breaker_numbers_hold_everywhere() -> None:
    assert {
        (row.breaker.consecutive_failures, row.breaker.open_seconds) for row in POLICIES.values()
    } == {(5, 4.0)}


def test_one_slow_connection_still_leaves_time_to_ask() -> None:
    assert all(row.deadline_seconds > CONNECT_SECONDS_MAX for row in POLICIES.values())


def test_no_single_upstream_can_take_all_connections() -> None:
    assert max(row.calls_under_way_max for row in POLICIES.values()) * 2 < CONNECTIONS_MAX
