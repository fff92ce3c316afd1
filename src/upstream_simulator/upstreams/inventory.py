"""inventory-service: what is free on which night, read off the reservations and the rooms."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Final

from upstream_simulator.clock import day_after
from upstream_simulator.dialect import Dialect, canonical
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Route, json_answer
from upstream_simulator.identifiers import with_prefix
from upstream_simulator.lists import day_in, days_between, property_in, read_page
from upstream_simulator.objects import business_day
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.nights import COMMITTED, HELD, stays_by_night

BASE: Final = "/api/v1/inventory"
OVERBOOKING_CAP: Final = 2
_BLOCKED: Final = ("out_of_order", "out_of_service")


def inventory_upstream() -> Upstream:
    """Return inventory-service."""
    return Upstream(
        name="inventory",
        dialect=Dialect(problem_form=canonical, base=BASE),
        routes=(
            Route(method="GET", pattern=f"{BASE}/calendar", handler=_get_calendar),
            Route(method="GET", pattern=f"{BASE}/occupancy", handler=_get_occupancy),
            Route(method="GET", pattern=f"{BASE}/blocks", handler=_list_blocks),
            Route(method="GET", pattern=f"{BASE}/allocations", handler=_list_allocations),
        ),
    )


def _get_calendar(call: Call) -> Answer:
    owner = property_in(call)
    first, last = days_between(call)
    return json_answer({"items": list(_rows(call, owner, first, last))})


def _get_occupancy(call: Call) -> Answer:
    owner = property_in(call)
    day = day_in(call, "date", business_day(call, owner))
    rows = list(_rows(call, owner, day, day_after(day, 1)))
    total = sum(row["total"] for row in rows)
    committed = sum(row["committed"] for row in rows)
    held = sum(row["held"] for row in rows)
    blocked = sum(row["oos_blocked"] for row in rows)
    document = {
        "propertyId": f"ppt_{owner}",
        "stay_date": day,
        "total": total,
        "committed": committed,
        "held": held,
        "oos_blocked": blocked,
        "available": max(0, total - committed - held - blocked),
        "occupancyPercent": round(100 * committed / max(1, total), 1),
    }
    return json_answer(document)


def _rows(call: Call, owner: str, first: str, last: str) -> Iterator[Document]:
    """Yield a row per night and room type."""
    committed = stays_by_night(call, owner, COMMITTED, first=first, last=last)
    held = stays_by_night(call, owner, HELD, first=first, last=last)
    blocked = Counter(tag for tag, _, _, _ in call.state.spans(_blocked_rooms(call, owner)))
    room_types = call.state.find(
        Question(upstream="property", kind="room_type", tenant=call.tenant, property=owner)
    )
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    for day in (day_after(first, offset) for offset in range(days)):
        for room_type in room_types:
            ulid = room_type.id.removeprefix("rmt_")
            yield {
                "stay_date": day,
                "roomTypeId": f"rty_{ulid}",
                "total": room_type.body["roomCount"],
                "held": held[day, ulid],
                "committed": committed[day, ulid],
                "oos_blocked": blocked[ulid],
                "stop_sell": False,
                "overbooking_cap": OVERBOOKING_CAP,
                "version": 1 + committed[day, ulid] + held[day, ulid],
            }


def _blocked_rooms(call: Call, owner: str) -> Question:
    return Question(
        upstream="property",
        kind="room",
        tenant=call.tenant,
        property=owner,
        statuses=_BLOCKED,
    )


def _list_blocks(call: Call) -> Answer:
    owner = property_in(call)
    page = read_page(call, _blocked_rooms(call, owner), default=50, maximum=100)
    today = business_day(call, owner)
    items = [
        {
            "id": with_prefix("blk", room.id),
            "roomId": with_prefix("rom", room.id),
            "from": today,
            "to": day_after(today, 3),
            "reason": room.status,
            "state": "active",
        }
        for room in page.items
    ]
    return json_answer({"items": items, "nextCursor": page.next_cursor})


def _list_allocations(call: Call) -> Answer:
    owner = property_in(call)
    day = day_in(call, "date", business_day(call, owner))
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=COMMITTED,
        overlaps=(day, day_after(day, 1)),
    )
    page = read_page(call, question, default=50, maximum=100)
    items = page.documents(_allocation)
    return json_answer({"items": items, "nextCursor": page.next_cursor})


def _allocation(stay: StoredObject) -> Document:
    return {
        "id": with_prefix("inv", stay.id),
        "reservationId": stay.id,
        "roomId": f"rom_{stay.parent}" if stay.parent else None,
        "roomTypeId": f"rty_{stay.tag}",
        "from": stay.day,
        "to": stay.until,
        "state": "released" if stay.status == "checked_out" else "committed",
        "version": stay.body["version"],
    }
