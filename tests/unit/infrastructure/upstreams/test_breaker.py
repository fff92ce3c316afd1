import asyncio

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.infrastructure.upstreams.breaker import CircuitBreaker, Permit
from bff_backoffice.infrastructure.upstreams.policy import BreakerPolicy

POLICY = BreakerPolicy()


def asked(breaker: CircuitBreaker) -> Permit:
    permit = breaker.ask()
    assert permit is not None
    return permit


def opened(clock: ManualClock) -> CircuitBreaker:
    breaker = CircuitBreaker(POLICY, clock)
    for _ in range(POLICY.consecutive_failures):
        asked(breaker).failed()
    assert breaker.state == "open"
    return breaker


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = CircuitBreaker(POLICY, ManualClock())
    for _ in range(4):
        asked(breaker).failed()
    asked(breaker).succeeded()
    for _ in range(4):
        asked(breaker).failed()

    assert breaker.state == "closed"


def test_half_of_the_last_calls_failing_opens_it_too() -> None:
    breaker = CircuitBreaker(POLICY, ManualClock())
    for _ in range(POLICY.window_calls // 2):
        asked(breaker).failed()
        asked(breaker).succeeded()

    assert breaker.state == "open"


def test_while_open_it_refuses_until_the_pause_is_over() -> None:
    clock = ManualClock()
    breaker = opened(clock)

    clock.advance(POLICY.open_seconds - 0.1)
    assert breaker.ask() is None

    clock.advance(0.2)
    assert not breaker.would_refuse()
    assert breaker.ask() is not None


def test_one_probe_at_a_time_decides() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.advance(POLICY.open_seconds)

    probe = asked(breaker)
    assert breaker.ask() is None

    probe.succeeded()
    assert breaker.state == "closed"


def test_a_failed_probe_opens_it_for_another_pause() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.advance(POLICY.open_seconds)
    asked(breaker).failed()

    assert breaker.state == "open"
    assert breaker.ask() is None


def test_a_probe_that_hung_until_its_caller_left_counts_as_failed() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.advance(POLICY.open_seconds)
    asked(breaker).abandoned()

    assert breaker.state == "open"


def test_an_ordinary_call_whose_caller_left_counts_as_nothing() -> None:
    breaker = CircuitBreaker(POLICY, ManualClock())
    for _ in range(50):
        asked(breaker).abandoned()

    assert breaker.state == "closed"


def test_answers_to_calls_from_before_it_opened_do_not_close_it() -> None:
    clock = ManualClock()
    breaker = CircuitBreaker(POLICY, clock)
    early = asked(breaker)
    for _ in range(POLICY.consecutive_failures):
        asked(breaker).failed()
    early.succeeded()

    assert breaker.state == "open"


def test_an_outcome_counts_once() -> None:
    breaker = CircuitBreaker(POLICY, ManualClock())
    permit = asked(breaker)
    for _ in range(10):
        permit.failed()

    assert breaker.state == "closed"


@pytest.mark.parametrize("is_well", [True, False])
async def test_those_behind_a_probe_share_its_fate(is_well: bool) -> None:  # noqa: FBT001 - a parameter of the test
    clock = ManualClock()
    breaker = opened(clock)
    clock.advance(POLICY.open_seconds)
    probe = asked(breaker)
    siblings = [asyncio.create_task(breaker.ask_behind_probe(wait_seconds_max=5)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(sibling.done() for sibling in siblings)

    if is_well:
        probe.succeeded()
    else:
        probe.failed()

    permits = await asyncio.gather(*siblings)
    assert [permit is not None for permit in permits] == [is_well] * 3


async def test_a_probe_that_takes_too_long_is_waited_for_no_longer_than_told() -> None:
    clock = ManualClock()
    breaker = opened(clock)
    clock.advance(POLICY.open_seconds)
    asked(breaker)

    assert await breaker.ask_behind_probe(wait_seconds_max=0.001) is None
    assert await breaker.ask_behind_probe(wait_seconds_max=-1) is None


async def test_while_it_pauses_nobody_waits() -> None:
    breaker = opened(ManualClock())

    assert breaker.is_pausing
    assert await breaker.ask_behind_probe(wait_seconds_max=5) is None
