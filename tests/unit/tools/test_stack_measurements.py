"""The arithmetic under the measurements: turns, medians, ratios, CPU time of a process."""

import os
from pathlib import Path

import pytest
from tools.stack_measurements.rounds import Candidate, compare, cpu_seconds_of, take_turns


async def test_every_candidate_works_once_a_round_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def candidate(name: str) -> Candidate:
        async def work() -> float:
            order.append(name)
            return float(len(order))

        return Candidate(name=name, work=work)

    taken = await take_turns([candidate("a"), candidate("b")], rounds=2, operations=1_000_000)

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert taken == {"a": [4.0, 5.0], "b": [3.0, 6.0]}


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    taken = {"chosen": [10.0, 20.0, 40.0], "other": [20.0, 20.0, 60.0]}

    measured = compare("name", "operation", taken, chosen="chosen", operations=1)

    chosen, other = measured.figures
    assert (chosen.ratio, chosen.ratio_lowest, chosen.ratio_highest) == (1.0, 1.0, 1.0)
    assert (other.median, other.lowest, other.highest) == (20.0, 20.0, 60.0)
    assert (other.ratio, other.ratio_lowest, other.ratio_highest) == (1.5, 1.0, 2.0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the /proc of Linux")
def test_the_cpu_time_of_a_process_grows_with_its_work() -> None:
    before = cpu_seconds_of(os.getpid())
    sum(range(1_000_000))

    assert cpu_seconds_of(os.getpid()) > before
