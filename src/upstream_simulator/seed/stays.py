"""Who sleeps where and when: the one story that all upstreams tell in their own words."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from upstream_simulator.identifiers import ALPHABET
from upstream_simulator.seed.people import Guest, draw_guest
from upstream_simulator.seed.plot import Plot, Room

FIRST_DAY: Final = -32
LAST_DAY: Final = 30

_NIGHTS: Final = (1, 1, 2, 2, 3, 3, 4, 5, 7)
_GAPS: Final = (0, 0, 0, 1, 1, 2, 3)
_CHANNELS: Final = ("direct", "direct", "ota", "ota", "ota", "corporate", "walk_in")
_REQUESTS: Final = (
    "Quiet room away from the lift",
    "Baby cot, please",
    "اتاق با منظره باغ",
    "غرفة لغير المدخنين",
    "Поздний заезд, около 23:00",
    "高层房间",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One reservation; days are offsets from the business date."""

    name: str
    room: Room
    has_room: bool
    arrival: int
    departure: int
    state: str
    guest: Guest
    code: str
    channel: str
    adults: int
    children: int
    vip: bool
    request: str | None
    paid_percent: int
    due_hour: int

    @property
    def nights(self) -> int:
        """Nights stayed."""
        return self.departure - self.arrival

    @property
    def total_micro(self) -> int:
        """Price of the stay."""
        return self.nights * self.room.type.nightly_micro

    @property
    def paid_micro(self) -> int:
        """What is paid of it."""
        if self.state == "checked_out":
            return self.total_micro
        return self.total_micro * self.paid_percent // 100

    @property
    def is_in_the_house(self) -> bool:
        """Whether the guest has the key now."""
        return self.state in {"checked_in", "in_house"}


def draw_stays(plot: Plot) -> list[Stay]:
    """Return the hotel's reservations over the past and the next 30 days; rooms never clash."""
    random = plot.random("stays")
    codes: set[str] = set()
    return [stay for room in plot.rooms for stay in _stays_in(plot, room, random, codes)]


def _stays_in(plot: Plot, room: Room, random: Random, codes: set[str]) -> Iterator[Stay]:
    arrival = FIRST_DAY - random.randrange(5)
    house_is_held = False
    index = 0
    while arrival <= LAST_DAY:
        departure = arrival + random.choice(_NIGHTS)
        stay = _stay(
            room,
            random,
            name=f"stay/{room.number}/{index}",
            arrival=arrival,
            departure=departure,
            house_is_held=house_is_held,
            code=_code(plot, f"{room.number}/{index}", codes),
        )
        if _is_told(stay, random):
            yield stay
            house_is_held = stay.is_in_the_house
        index += 1
        arrival = departure + random.choice(_GAPS)


def _is_told(stay: Stay, random: Random) -> bool:
    """Thin out the far past and future, and keep blocked rooms empty around today."""
    chance = random.random()
    if stay.room.condition != "active" and stay.arrival <= 3 and stay.departure >= 0:  # noqa: PLR2004 - days
        return False
    if stay.departure < -7:  # noqa: PLR2004 - days
        return chance < 0.4  # noqa: PLR2004 - a share
    return stay.arrival < 10 or chance < 0.6  # noqa: PLR2004 - days, a share


def _stay(  # noqa: PLR0913 - the parts of a draw
    room: Room,
    random: Random,
    *,
    name: str,
    arrival: int,
    departure: int,
    house_is_held: bool,
    code: str,
) -> Stay:
    state = _state(arrival, departure, random.random(), house_is_held=house_is_held)
    return Stay(
        name=name,
        room=room,
        has_room=random.random() < _room_share(arrival) or state in _HAS_SLEPT,
        arrival=arrival,
        departure=departure,
        state=state,
        guest=draw_guest(random),
        code=code,
        channel=random.choice(_CHANNELS),
        adults=random.randint(1, min(3, room.type.capacity)),
        children=random.choice((0, 0, 0, 1, 2)) if room.type.capacity > 2 else 0,  # noqa: PLR2004 - beds
        vip=random.random() < 0.05,  # noqa: PLR2004 - a share
        request=random.choice(_REQUESTS) if random.random() < 0.15 else None,  # noqa: PLR2004 - a share
        paid_percent=random.choice((0, 0, 0, 50, 50, 100, 100)),
        due_hour=random.randint(12, 23),
    )


_HAS_SLEPT: Final = frozenset({"checked_in", "in_house", "checked_out"})


def _room_share(arrival: int) -> float:
    return 0.75 if arrival <= 0 else 0.3


def _state(arrival: int, departure: int, chance: float, *, house_is_held: bool) -> str:
    if departure < 0:
        return _first(chance, (("cancelled", 0.05), ("no_show", 0.04)), "checked_out")
    if arrival < 0:
        return "checked_out" if departure == 0 and chance < 0.3 else "in_house"  # noqa: PLR2004 - a share
    if arrival == 0:
        return "checked_in" if chance < 0.25 and not house_is_held else "confirmed"  # noqa: PLR2004 - a share
    shares = (("cancelled", 0.06), ("held", 0.02), ("quoted", 0.02), ("expired_hold", 0.01))
    return _first(chance, shares, "confirmed")


def _first(chance: float, shares: tuple[tuple[str, float], ...], otherwise: str) -> str:
    for state, share in shares:
        chance -= share
        if chance < 0:
            return state
    return otherwise


def _code(plot: Plot, name: str, taken: set[str]) -> str:
    """Return a code like GM-7K2M9Q, unique in the hotel (and its company)."""
    random = plot.random(f"code/{name}")
    while True:
        code = "GM-" + "".join(random.choices(ALPHABET, k=6))
        if code not in taken:
            taken.add(code)
            return code
