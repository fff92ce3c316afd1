"""The seed of work to do: housekeeping's tasks and maintenance's work orders."""

from collections.abc import Iterator
from random import Random
from typing import Final

from upstream_simulator.seed.plot import Plot, Room
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

PRIORITIES: Final = ("urgent", "high", "normal", "low")
"""In the order of a work list."""

_ROOM_TO_TASK: Final = {
    "dirty": "pending",
    "cleaning": "in_progress",
    "inspected": "completed",
    "ready": "completed",
}
_TROUBLES: Final = (
    ("plumbing", "Shower drips", "Water on the bathroom floor in the morning."),
    ("hvac", "Air conditioning too loud", "Rattles at full speed."),
    ("electrical", "Reading lamp flickers", "Left side of the bed."),
    ("lock", "Door lock battery low", "Opens on the second try."),
    ("water", "Low hot-water pressure", "Since yesterday evening."),
    ("it", "Television has no signal", "Other rooms of the floor are fine."),
    ("structural", "Balcony door sticks", "Needs planing."),
    ("generator", "Generator test overdue", "Monthly test run."),
)
_SEVERITIES: Final = ("low", "normal", "normal", "high", "critical")
_OPEN_STATES: Final = ("open", "open", "assigned", "in_progress", "blocked", "resolved")


def housekeeping_tasks(
    plot: Plot, stays: list[Stay], rooms: list[StoredObject]
) -> Iterator[StoredObject]:
    """Yield today's tasks: turnovers of left rooms, cleaning of occupied ones; and the linen."""
    random = plot.random("tasks")
    arrivals = {
        stay.room.ulid: stay
        for stay in stays
        if stay.arrival == 0 and stay.state == "confirmed" and stay.has_room
    }
    housekeepers = plot.operator_ids("housekeeper")
    for room in rooms:
        if room.status not in _ROOM_TO_TASK or (room.status == "ready" and random.random() > 0.2):  # noqa: PLR2004 - a share
            continue
        arrival = arrivals.get(room.id.removeprefix("rom_"))
        yield _task(plot, room, arrival, random, housekeepers)
    yield StoredObject(
        upstream="housekeeping",
        kind="linen",
        id=plot.id("lin", "linen"),
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        body={"runwayMinutes": random.randrange(180, 900), "version": 1},
    )


def _task(
    plot: Plot, room: StoredObject, arrival: Stay | None, random: Random, staff: list[str]
) -> StoredObject:
    status = _ROOM_TO_TASK[room.status]
    if status == "pending" and random.random() < 0.4:  # noqa: PLR2004 - a share
        status = "assigned"
    done = status == "completed"
    occupied = bool(room.body["occupied"])
    priority = "low" if occupied else "normal"
    if arrival is not None and not done:
        priority = "urgent" if arrival.due_hour < 15 else "high"  # noqa: PLR2004 - an hour
    identifier = plot.id("hkt", f"task/{room.body['number']}")
    started = status in {"in_progress", "completed"}
    return StoredObject(
        upstream="housekeeping",
        kind="task",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=room.id.removeprefix("rom_"),
        tag=priority,
        status=status,
        day=plot.day,
        rank=f"{PRIORITIES.index(priority)}:{room.rank}",
        body={
            "id": identifier,
            "propertyId": f"prp_{plot.ulid}",
            "roomId": room.id,
            "roomNumber": room.body["number"],
            "reservationId": None if arrival is None else plot.id("rsv", arrival.name),
            "kind": "mid_stay_clean" if occupied else "turnover",
            "status": status,
            "priority": priority,
            "assigneeId": random.choice(staff) if status != "pending" and staff else None,
            "scheduledFor": plot.day,
            "dueBy": None if arrival is None else plot.moment(0, arrival.due_hour),
            "note": None,
            "startedAt": plot.moment(0, 8, random.randrange(60)) if started else None,
            "completedAt": plot.moment(0, 9, random.randrange(60)) if done else None,
            "version": 1,
        },
    )


def work_orders(plot: Plot) -> Iterator[StoredObject]:
    """Yield open and closed work orders; each blocked room has one that blocks it."""
    random = plot.random("work orders")
    technicians = plot.operator_ids("maintenance_tech")
    blocked = [room for room in plot.rooms if room.condition != "active"]
    others = random.sample(plot.rooms, k=max(6, len(plot.rooms) // 14))
    for index, room in enumerate((*blocked, *others)):
        state = random.choice(_OPEN_STATES)
        if index < len(blocked):
            state = "in_progress"
        elif index % 5 == 0:
            state = "verified"
        yield _work_order(plot, room, index, state=state, random=random, technicians=technicians)


def _work_order(
    plot: Plot,
    room: Room,
    index: int,
    *,
    state: str,
    random: Random,
    technicians: list[str],
) -> StoredObject:
    category, title, description = random.choice(_TROUBLES)
    severity = "critical" if room.condition == "out_of_order" else random.choice(_SEVERITIES)
    identifier = plot.id("mnt", f"work order/{index}")
    is_assigned = state != "open" and technicians
    done = state in {"resolved", "verified"}
    opened_at = plot.moment(-random.randrange(1, 9), random.randrange(7, 20))
    return StoredObject(
        upstream="maintenance",
        kind="work_order",
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=room.ulid,
        tag=severity,
        status=state,
        rank=f"{('critical', 'high', 'normal', 'low').index(severity)}:{opened_at}",
        body={
            "id": identifier,
            "propertyId": f"prop_{plot.ulid}",
            "roomId": f"rmu_{room.ulid}",
            "title": title,
            "description": description,
            "category": category,
            "severity": severity,
            "status": state,
            "source": random.choice(("manual_staff", "guest_complaint", "housekeeping_flag")),
            "assignee": {"kind": "staff", "userId": random.choice(technicians)}
            if is_assigned
            else None,
            "roomBlocked": room.condition != "active" and not done,
            "openedAt": opened_at,
            "targetAt": plot.moment(1, 12),
            "resolvedAt": plot.moment(-1, 16) if done else None,
            "version": 1,
        },
    )
