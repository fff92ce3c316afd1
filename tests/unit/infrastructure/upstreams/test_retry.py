import pytest

from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.infrastructure.upstreams.retry import (
    BACKOFF_SECONDS_MAX,
    BUDGET_MAX,
    RetryBudget,
    retry_delay_seconds,
)


def delay(
    reason: FailureReason,
    *,
    remaining: float = 1.0,
    chance: float = 0.5,
    retry_after: int | None = None,
) -> float | None:
    failure = UpstreamFailure(upstream="billing", reason=reason, retry_after_seconds=retry_after)
    return retry_delay_seconds(failure, remaining_seconds=remaining, random=lambda: chance)


@pytest.mark.parametrize("reason", ["unreachable", "reset", "error"])
def test_what_may_pass_is_worth_another_try(reason: FailureReason) -> None:
    assert delay(reason) == BACKOFF_SECONDS_MAX / 2


@pytest.mark.parametrize(
    "reason",
    [
        "timeout", "rejected", "too_large", "malformed", "wrong_shape",
        "breaker_open", "bulkhead_full", "deadline_spent",
    ],
)  # fmt: skip
def test_what_would_not_get_better_is_not(reason: FailureReason) -> None:
    assert delay(reason) is None


def test_the_wait_is_spread_so_that_callers_do_not_come_back_together() -> None:
    assert delay("error", chance=0.0) == 0.0
    assert delay("error", chance=0.99) == pytest.approx(BACKOFF_SECONDS_MAX * 0.99)


def test_there_is_no_second_try_without_time_for_it() -> None:
    assert delay("error", remaining=0.06) is None


def test_an_upstream_s_own_pause_is_kept_or_the_try_is_not_made() -> None:
    assert delay("error", remaining=0.9, retry_after=1) is None
    assert delay("error", remaining=2.0, retry_after=1) == pytest.approx(1.025)


def test_the_budget_runs_dry_and_fills_slowly() -> None:
    budget = RetryBudget()
    assert [budget.spend() for _ in range(int(BUDGET_MAX) + 1)].count(True) == BUDGET_MAX

    for _ in range(9):
        budget.earn()
    assert not budget.spend()
    for _ in range(2):
        budget.earn()
    assert budget.spend()


def test_the_budget_never_holds_more_than_its_limit() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.earn()

    assert [budget.spend() for _ in range(20)].count(True) == BUDGET_MAX
