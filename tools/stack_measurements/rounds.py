"""Taking turns: every candidate does the same piece of work in each round, in changing order.

What is counted is CPU time of the process that does the work, so that neighbours on the machine
do not count; they still warm and cool caches, which is why medians stand with their ranges.
"""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

NANOSECONDS_PER_MICROSECOND: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way of doing the work. `work` does `operations` of them and returns the CPU seconds."""

    name: str
    work: Callable[[], Awaitable[float]]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate's CPU microseconds per operation, round by round, and what they come to."""

    name: str
    rounds: list[float]
    median: float
    lowest: float
    highest: float
    ratio: float
    """Median of the rounds' own ratios to the chosen candidate: pairs taken at one moment."""
    ratio_lowest: float
    ratio_highest: float


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One table: what was done, how often, and what it cost each candidate."""

    name: str
    operation: str
    chosen: str
    operations_per_round: int
    figures: list[Figure]
    notes: list[str] = msgspec.field(default_factory=list[str])


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one function costs an operation: with all it calls, and by itself."""

    function: str
    inclusive: float
    own: float


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Where an operation's CPU microseconds go, by samples of CPU time."""

    operation: str
    microseconds: float
    samples: int
    shares: list[Share]


async def take_turns(
    candidates: Sequence[Candidate], *, rounds: int, operations: int
) -> dict[str, list[float]]:
    """Return microseconds per operation by candidate, after one round that is thrown away."""
    taken: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
    for number in range(rounds + 1):
        first = number % len(candidates)
        for candidate in (*candidates[first:], *candidates[:first]):
            seconds = await candidate.work()
            if number > 0:
                taken[candidate.name].append(seconds / operations * 1e6)
    return taken


def compare(
    name: str,
    operation: str,
    taken: Mapping[str, list[float]],
    *,
    chosen: str,
    operations: int,
    notes: Sequence[str] = (),
) -> Measurement:
    """Put the rounds of all candidates beside those of the chosen one."""
    reference = taken[chosen]
    return Measurement(
        name=name,
        operation=operation,
        chosen=chosen,
        operations_per_round=operations,
        figures=[_figure(who, values, reference) for who, values in taken.items()],
        notes=list(notes),
    )


def cpu_seconds_of(process: int) -> float:
    """Return the CPU time of a process and all its descendants, to the nanosecond (Linux)."""
    total = 0
    for member in _family(process):
        for task in Path(f"/proc/{member}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / NANOSECONDS_PER_MICROSECOND / 1e6


def _family(process: int) -> list[int]:
    members = [process]
    for member in members:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            members.extend(int(child) for child in children.read_text().split())
    return members


def _figure(name: str, rounds: list[float], reference: list[float]) -> Figure:
    ratios = [mine / chosen for mine, chosen in zip(rounds, reference, strict=True)]
    return Figure(
        name=name,
        rounds=[round(value, 2) for value in rounds],
        median=round(statistics.median(rounds), 2),
        lowest=round(min(rounds), 2),
        highest=round(max(rounds), 2),
        ratio=round(statistics.median(ratios), 2),
        ratio_lowest=round(min(ratios), 2),
        ratio_highest=round(max(ratios), 2),
    )
