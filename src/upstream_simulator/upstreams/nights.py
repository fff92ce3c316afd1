"""How many stays each night and room type has: the calendar's and the walk-in's one truth."""

from collections import Counter
from typing import Final

from upstream_simulator.clock import day_after
from upstream_simulator.exchange import Call
from upstream_simulator.state import Question

COMMITTED: Final = ("confirmed", "checked_in", "in_house", "checked_out")
HELD: Final = ("held",)


def stays_by_night(
    call: Call, owner: str, statuses: tuple[str, ...], *, first: str, last: str
) -> Counter[tuple[str, str]]:
    """Count a property's stays of these states per (night, room type), `last` exclusive."""
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=statuses,
        overlaps=(first, last),
    )
    nights: Counter[tuple[str, str]] = Counter()
    for tag, _, arrival, departure in call.state.spans(question):
        day = max(arrival, first)
        while day < min(departure, last):
            nights[day, tag] += 1
            day = day_after(day, 1)
    return nights
