"""One hotel on its open day: what every part of the seed grows from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

from upstream_simulator.clock import day_after, rfc3339, zone_of
from upstream_simulator.identifiers import stable_id, stable_ulid
from upstream_simulator.seed.hotel_group import PropertyPlan, RoomTypePlan, TenantPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room; `condition` is its physical state in property-service."""

    ulid: str
    number: str
    floor: int
    type: RoomTypePlan
    type_ulid: str
    condition: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A hotel, its company and the business date all dates are counted from."""

    tenant: TenantPlan
    plan: PropertyPlan
    day: str

    @cached_property
    def tenant_ulid(self) -> str:
        """The company's bare ULID."""
        return stable_ulid(f"tenant/{self.tenant.slug}")

    @cached_property
    def ulid(self) -> str:
        """The hotel's bare ULID."""
        return stable_ulid(f"property/{self.plan.slug}")

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        """Every room, floor by floor."""
        random = self.random("rooms")
        return tuple(
            self._room(floor, position, random)
            for floor in range(1, self.plan.floors + 1)
            for position in range(1, self.plan.rooms_per_floor + 1)
        )

    def random(self, topic: str) -> Random:
        """Return a source of chance that gives this hotel and topic the same on every machine."""
        return Random(f"{self.plan.slug}/{topic}")  # noqa: S311 - seeds a demo, guards nothing

    def id(self, prefix: str, name: str) -> str:
        """Return the stable id of a thing of this hotel."""
        return stable_id(prefix, f"{self.plan.slug}/{name}")

    def date(self, offset: int) -> str:
        """Return the date so many days from the business date."""
        return day_after(self.day, offset)

    def moment(self, offset: int, hour: int, minute: int = 0) -> str:
        """Return a local time of day as RFC 3339 UTC."""
        local = datetime.fromisoformat(self.day).replace(tzinfo=zone_of(self.plan.timezone))
        return rfc3339(local + timedelta(days=offset, hours=hour, minutes=minute))

    def money(self, micro: int) -> dict[str, str]:
        """Return an amount in the hotel's currency."""
        return {"amountMicro": str(micro), "currency": self.plan.currency}

    def type_id(self, prefix: str, code: str) -> str:
        """Return a room type's id in some upstream's dialect."""
        return self.id(prefix, f"type/{code}")

    def operator_ids(self, role: str) -> list[str]:
        """Return those with this role in this hotel."""
        return [
            stable_id("opr", operator.username)
            for operator in self.tenant.operators
            if operator.role == role and self.plan.slug in operator.property_slugs
        ]

    def _room(self, floor: int, position: int, random: Random) -> Room:
        kind = _type_at(self.plan, position)
        number = f"{floor}{position:02d}"
        chance = random.random()
        condition = (
            "out_of_order" if chance < 0.02 else "out_of_service" if chance < 0.03 else "active"  # noqa: PLR2004 - shares
        )
        return Room(
            ulid=stable_ulid(f"{self.plan.slug}/room/{number}"),
            number=number,
            floor=floor,
            type=kind,
            type_ulid=self.type_id("rmt", kind.code).removeprefix("rmt_"),
            condition=condition,
        )


def _type_at(plan: PropertyPlan, position: int) -> RoomTypePlan:
    percent = (position - 1) * 100 / plan.rooms_per_floor
    for kind in plan.room_types:
        percent -= kind.share
        if percent < 0:
            return kind
    return plan.room_types[-1]
