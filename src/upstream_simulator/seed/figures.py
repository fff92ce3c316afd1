"""The seed of staff, pricing and analytics: shifts, rate plans, the figures of past days."""

from collections.abc import Iterator
from typing import Final

from upstream_simulator.documents import Document
from upstream_simulator.seed.plot import Plot
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

SHIFTS: Final = (("morning", 7), ("evening", 15), ("night", 23))
SHIFT_HOURS: Final = 8
METRIC_DAYS: Final = 30

_DEPARTMENTS: Final = (
    ("front_desk", "front_desk", (2, 2, 1)),
    ("housekeeping", "housekeeper", (5, 2, 0)),
    ("maintenance", "maintenance_tech", (2, 1, 1)),
    ("food_and_beverage", "fnb_manager", (3, 4, 0)),
    ("management", "general_manager", (1, 1, 0)),
)
_PLANS: Final = (
    ("BAR", "BAR", True),
    ("WEEK", "weekly", True),
    ("CORP", "corporate", True),
    ("NRF", "non_refundable", False),
)


def shift_objects(plot: Plot) -> Iterator[StoredObject]:
    """Yield the shifts of yesterday, today and the two days after."""
    for offset in range(-1, 3):
        for department, role, people in _DEPARTMENTS:
            operators = plot.operator_ids(role)
            for (shift, hour), count in zip(SHIFTS, people, strict=True):
                for position in range(count):
                    name = f"shift/{department}/{shift}/{position}"
                    operator = (
                        operators[position]
                        if shift == "morning" and position < len(operators)
                        else None
                    )
                    yield _shift(plot, name, offset, hour, department, operator)


def _shift(
    plot: Plot, name: str, offset: int, hour: int, department: str, operator: str | None
) -> StoredObject:
    identifier = plot.id("shf", f"{name}/{offset}")
    starts_at = plot.moment(offset, hour)
    state = "ended" if offset < 0 else "scheduled"
    return StoredObject(
        upstream="staff",
        kind="shift",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=f"{hour:02d}",
        tag=department,
        status=state,
        day=plot.date(offset),
        rank=f"{starts_at}:{department}",
        body={
            "id": identifier,
            "staffId": plot.id("stf", name),
            "operatorId": operator,
            "department": department,
            "startsAt": starts_at,
            "endsAt": plot.moment(offset, hour + SHIFT_HOURS),
            "state": state,
            "version": 1,
        },
    )


def rate_plan_objects(plot: Plot) -> Iterator[StoredObject]:
    """Yield the hotel's rate plans."""
    for code, category, sharia_compliant in _PLANS:
        identifier = plot.id("rate", f"plan/{code}")
        yield StoredObject(
            upstream="pricing",
            kind="rate_plan",
            id=identifier,
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            status="published",
            rank=code,
            body={
                "id": identifier,
                "code": code,
                "category": category,
                "status": "published",
                "shariaCompliant": sharia_compliant,
                "currency": plot.plan.currency,
                "version": 1,
            },
        )


def metric_objects(plot: Plot, stays: list[Stay]) -> Iterator[StoredObject]:
    """Yield each day's figures, computed from the stays."""
    sold = [stay for stay in stays if stay.state in {"confirmed", *_SLEPT}]
    earlier: dict[str, float] = {}
    for offset in range(-METRIC_DAYS, 1):
        tonight = [stay for stay in sold if stay.arrival <= offset < stay.departure]
        revenue = sum(stay.room.type.nightly_micro for stay in tonight)
        figures = _figures(plot, offset, tonight, revenue, stays)
        for key, (unit, number) in figures.items():
            yield _metric(plot, offset, key, unit, number, earlier.get(key))
            earlier[key] = number


_SLEPT: Final = ("checked_in", "in_house", "checked_out")


def _figures(
    plot: Plot, offset: int, tonight: list[Stay], revenue: int, stays: list[Stay]
) -> dict[str, tuple[str, float]]:
    rooms = len(plot.rooms)
    due = [stay for stay in stays if stay.arrival == offset]
    nights = sum(stay.nights for stay in tonight)

    def share(state: str) -> float:
        return round(100 * sum(stay.state == state for stay in due) / max(1, len(due)), 1)

    variance = plot.random(f"variance/{offset}").choice((-35, -12, 0, 0, 8, 20)) * 1_000_000
    return {
        "occupancy": ("percent", round(100 * len(tonight) / rooms, 1)),
        "adr": ("currency", revenue // max(1, len(tonight)) // 10_000 * 10_000),
        "revpar": ("currency", revenue // rooms // 10_000 * 10_000),
        "alos": ("count", round(nights / max(1, len(tonight)), 2)),
        "cancellation_rate": ("percent", share("cancelled")),
        "no_show_rate": ("percent", share("no_show")),
        "eod_variance": ("currency", variance),
    }


def _metric(
    plot: Plot, offset: int, key: str, unit: str, number: float, earlier: float | None
) -> StoredObject:
    identifier = plot.id("met", f"metric/{key}/{offset}")
    value: object = plot.money(int(number)) if unit == "currency" else number
    change = None if not earlier else round(100 * (number - earlier) / abs(earlier), 1)
    body: Document = {
        "metricId": identifier,
        "key": key,
        "unit": unit,
        "value": value,
        "changePercent": change,
        "date": plot.date(offset),
        "computedAt": plot.moment(min(offset + 1, 0), 4),
        "version": 1,
    }
    return StoredObject(
        upstream="analytics",
        kind="metric",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        tag=key,
        day=plot.date(offset),
        rank=f"{plot.date(offset)}:{key}",
        body=body,
    )
