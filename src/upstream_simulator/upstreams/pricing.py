"""pricing-service: what a night costs. Money is one string, micro-units and currency."""

from datetime import date
from typing import Final

from upstream_simulator.clock import day_after
from upstream_simulator.dialect import UUID_KEY, Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Route, json_answer
from upstream_simulator.identifiers import ulid_of
from upstream_simulator.lists import day_in, days_between, property_in, read_page
from upstream_simulator.objects import business_day
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream

BASE: Final = "/v1/pricing"
CENT_MICRO: Final = 10_000
_PERCENT_BY_WEEKDAY: Final = (100, 100, 100, 108, 118, 115, 102)
"""Monday first."""


def pricing_upstream() -> Upstream:
    """Return pricing-service; its base is `/v1`, unlike all others."""
    return Upstream(
        name="pricing",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.ghasi.io"),
            base=BASE,
            property_prefix="pty",
            key_form=UUID_KEY,
        ),
        routes=(
            Route(method="GET", pattern=f"{BASE}/rates", handler=_get_rates),
            Route(method="GET", pattern=f"{BASE}/rates/calendar", handler=_get_calendar),
            Route(method="GET", pattern=f"{BASE}/rate-plans", handler=_list_rate_plans),
        ),
    )


def _get_rates(call: Call) -> Answer:
    owner = property_in(call)
    day = day_in(call, "date", business_day(call, owner))
    room_types = _room_types(call, owner)
    items: list[Document] = [
        {
            "roomTypeId": room_type.id,
            "roomTypeName": room_type.body["name"],
            "amount": _amount(call, room_type, day),
            "restrictions": {
                "minLos": 1,
                "closedToArrival": False,
                "closedToDeparture": False,
            },
        }
        for room_type in room_types
    ]
    document = {
        "propertyId": f"pty_{owner}",
        "date": day,
        "currency": _currency(call, owner),
        "ratePlanCode": "BAR",
        "items": items,
        "nextCursor": None,
    }
    return json_answer(document)


def _get_calendar(call: Call) -> Answer:
    owner = property_in(call)
    first, last = days_between(call)
    wanted = call.query.get("roomTypeId")
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    room_types = [item for item in _room_types(call, owner) if wanted in {None, item.id}]
    items = [
        {"date": day, "roomTypeId": room_type.id, "amount": _amount(call, room_type, day)}
        for day in (day_after(first, offset) for offset in range(days))
        for room_type in room_types
    ]
    return json_answer({"items": items, "nextCursor": None})


def _list_rate_plans(call: Call) -> Answer:
    question = Question(
        upstream="pricing", kind="rate_plan", tenant=call.tenant, property=property_in(call)
    )
    page = read_page(call, question, default=50, maximum=100)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _room_types(call: Call, owner: str) -> list[StoredObject]:
    return call.state.find(
        Question(upstream="property", kind="room_type", tenant=call.tenant, property=owner)
    )


def _amount(call: Call, room_type: StoredObject, day: str) -> str:
    percent = _PERCENT_BY_WEEKDAY[date.fromisoformat(day).weekday()]
    micro = int(room_type.body["nightlyMicro"]) * percent // 100 // CENT_MICRO * CENT_MICRO
    return f"{micro}:{_currency(call, room_type.property)}"


def _currency(call: Call, owner: str) -> str:
    found = call.state.get("property", f"ppt_{ulid_of(owner)}")
    return "" if found is None else str(found.body["currency"])
