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
