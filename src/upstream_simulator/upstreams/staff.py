"""staff-service: who works when, and who is on the floor now."""

from collections import Counter
from typing import Final

from upstream_simulator.clock import rfc3339, zone_of
from upstream_simulator.dialect import Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Route, json_answer
from upstream_simulator.identifiers import stable_id
from upstream_simulator.lists import day_in, property_in, read_page
from upstream_simulator.objects import business_day, own
from upstream_simulator.state import Question
from upstream_simulator.upstream import Upstream

SHIFT_HOURS: Final = 8
DEPARTMENTS: Final = (
    "front_desk",
    "housekeeping",
    "maintenance",
    "food_and_beverage",
    "management",
)
_POSITIONS: Final = {
    "front_desk": "receptionist",
    "housekeeping": "room_attendant",
    "maintenance": "technician",
    "food_and_beverage": "server",
    "management": "manager",
}


def staff_upstream() -> Upstream:
    """Return staff-service."""
    return Upstream(
        name="staff",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.com", type_by_segment=True),
            tenant_prefix="ten",
        ),
        routes=(
            Route(method="GET", pattern="/api/v1/capacity-snapshot", handler=_get_capacity),
            Route(method="GET", pattern="/api/v1/shifts", handler=_list_shifts),
        ),
    )


def _get_capacity(call: Call) -> Answer:
    """Count the shifts of the open hotel day by the local hour: hotels work round the clock."""
    owner = property_in(call)
    hotel = own(call, f"ppt_{owner}", kind="property", upstream="property")
    local_hour = call.at.astimezone(zone_of(hotel.body["timezone"])).hour
    shifts = call.state.find(_shifts(call, owner, hotel.body["businessDate"]))
    scheduled = Counter(shift.tag for shift in shifts)
    on_duty = Counter(
        shift.tag for shift in shifts if (local_hour - int(shift.parent)) % 24 < SHIFT_HOURS
    )
    departments: list[Document] = [
        {
            "departmentId": stable_id("dpt", f"{owner}/{name}"),
            "name": name,
            "onDuty": on_duty[name],
            "scheduled": scheduled[name],
            "positions": [
                {
                    "positionId": stable_id("pos", f"{owner}/{name}"),
                    "name": _POSITIONS[name],
                    "onDuty": on_duty[name],
                }
            ],
        }
        for name in DEPARTMENTS
    ]
    document = {
        "propertyId": f"ppt_{owner}",
        "takenAt": rfc3339(call.at),
        "businessDate": hotel.body["businessDate"],
        "onDuty": on_duty.total(),
        "departments": departments,
    }
    return json_answer(document)


def _list_shifts(call: Call) -> Answer:
    owner = property_in(call)
    question = _shifts(call, owner, day_in(call, "date", business_day(call, owner)))
    page = read_page(call, question, default=50, maximum=100)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _shifts(call: Call, owner: str, day: str) -> Question:
    return Question(upstream="staff", kind="shift", tenant=call.tenant, property=owner, day=day)
