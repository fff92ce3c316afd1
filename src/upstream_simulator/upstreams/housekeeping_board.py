"""housekeeping-service's board: how many rooms and tasks stand where, and three key figures."""

from datetime import datetime, timedelta
from typing import Final

from upstream_simulator.clock import rfc3339
from upstream_simulator.exchange import Answer, Call, json_answer
from upstream_simulator.lists import property_in
from upstream_simulator.objects import business_day
from upstream_simulator.state import Question, StoredObject

ARRIVAL_WINDOW_MINUTES: Final = 90
OPEN_TASKS: Final = ("pending", "assigned", "in_progress", "paused")


def board(call: Call) -> Answer:
    """`GET …/board`."""
    owner = property_in(call)
    today = business_day(call, owner)
    tasks = Question(
        upstream="housekeeping", kind="task", tenant=call.tenant, property=owner, day=today
    )
    rooms = Question(upstream="housekeeping", kind="room", tenant=call.tenant, property=owner)
    listed = call.state.find(tasks)
    document = {
        "propertyId": f"prp_{owner}",
        "businessDate": today,
        "kpis": {
            "time_to_ready": _time_to_ready(listed),
            "pending_tasks_at_arrival_window": _due_in_window(call, listed),
            "arrival_window_minutes": ARRIVAL_WINDOW_MINUTES,
            "linen_runway_minutes": _linen_runway(call, owner),
        },
        "roomsByStatus": call.state.count_by_status(rooms),
        "tasksByStatus": call.state.count_by_status(tasks),
        "urgentTasks": sum(
            task.body["priority"] == "urgent" and task.status in OPEN_TASKS for task in listed
        ),
    }
    return json_answer(document)


def _time_to_ready(tasks: list[StoredObject]) -> int | None:
    """Return the mean minutes from start to completion of today's completed tasks."""
    minutes = [
        (_moment(task.body["completedAt"]) - _moment(task.body["startedAt"])).total_seconds() / 60
        for task in tasks
        if task.body["completedAt"] and task.body["startedAt"]
    ]
    return round(sum(minutes) / len(minutes)) if minutes else None


def _due_in_window(call: Call, tasks: list[StoredObject]) -> int:
    window_ends = rfc3339(call.at + timedelta(minutes=ARRIVAL_WINDOW_MINUTES))
    return sum(
        task.status in OPEN_TASKS and (task.body["dueBy"] or "~") <= window_ends for task in tasks
    )


def _linen_runway(call: Call, owner: str) -> int | None:
    question = Question(
        upstream="housekeeping", kind="linen", tenant=call.tenant, property=owner, limit=1
    )
    for linen in call.state.find(question):
        return int(linen.body["runwayMinutes"])
    return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
