"""housekeeping-service: the board, rooms and their status, tasks and their steps."""

from typing import Final

from upstream_simulator.bodies import choice_in, flag_in, only_members, optional_text_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import UUID_KEY, Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Handler, Refusal, Route, json_answer
from upstream_simulator.identifiers import ulid_of
from upstream_simulator.lists import choices_in, day_in, property_in, read_page
from upstream_simulator.objects import business_day, own, require_version, versioned, with_status
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.housekeeping_board import board

BASE: Final = "/api/v1/housekeeping"
PREFIX: Final = "MELMASTOON.HOUSEKEEPING."
VERSION_FORM: Final = '"v={}"'
ROOM_STATUSES: Final = frozenset(
    {"clean", "dirty", "cleaning", "inspected", "ready", "out_of_order", "out_of_service"}
)
TASK_STATUSES: Final = frozenset(
    {"pending", "assigned", "in_progress", "paused", "completed", "failed", "cancelled"}
)
ROOM_TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    "dirty": frozenset({"cleaning", "out_of_order", "out_of_service"}),
    "cleaning": frozenset({"clean", "dirty", "out_of_order", "out_of_service"}),
    "clean": frozenset({"inspected", "ready", "dirty", "out_of_order", "out_of_service"}),
    "inspected": frozenset({"ready", "dirty", "out_of_order", "out_of_service"}),
    "ready": frozenset({"dirty", "out_of_order", "out_of_service"}),
    "out_of_order": frozenset({"dirty"}),
    "out_of_service": frozenset({"dirty"}),
}
TASK_STEPS: Final[dict[str, tuple[frozenset[str], str]]] = {
    "start": (frozenset({"pending", "assigned", "paused"}), "in_progress"),
    "pause": (frozenset({"in_progress"}), "paused"),
    "complete": (frozenset({"in_progress"}), "completed"),
}
_ROOM_AFTER_STEP: Final = {"start": "cleaning", "complete": "clean"}
_EVENT: Final = "melmastoon.housekeeping."


def housekeeping_upstream() -> Upstream:
    """Return housekeeping-service."""
    task = f"{BASE}/tasks/{{id}}"
    steps = (*((step, _stepper(step)) for step in TASK_STEPS), ("inspect", _inspect))
    return Upstream(
        name="housekeeping",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.com"),
            base=BASE,
            property_prefix="prp",
            key_form=UUID_KEY,
        ),
        routes=(
            Route(method="GET", pattern=f"{BASE}/board", handler=board),
            Route(method="GET", pattern=f"{BASE}/rooms", handler=_list_rooms),
            Route(method="GET", pattern=f"{BASE}/rooms/{{id}}", handler=_get_room),
            Route(
                method="PUT",
                pattern=f"{BASE}/rooms/{{id}}/status",
                handler=_put_room_status,
                kind="mutation",
            ),
            Route(method="GET", pattern=f"{BASE}/tasks", handler=_list_tasks),
            Route(method="GET", pattern=task, handler=_get_task),
            Route(method="POST", pattern=f"{task}/reassign", handler=_reassign, kind="mutation"),
            *(
                Route(method="POST", pattern=f"{task}/{step}", handler=handler, kind="mutation")
                for step, handler in steps
            ),
        ),
    )


def _list_rooms(call: Call) -> Answer:
    question = Question(
        upstream="housekeeping",
        kind="room",
        tenant=call.tenant,
        property=property_in(call),
        statuses=choices_in(call, "status", ROOM_STATUSES),
    )
    page = read_page(call, question, default=100, maximum=500)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _get_room(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="room"), form=VERSION_FORM)


def _put_room_status(call: Call) -> Answer:
    room = own(call, call.parameters["id"], kind="room")
    only_members(call.document, ("status", "note"))
    status = choice_in(call.document, "status", ROOM_STATUSES)
    note = optional_text_in(call.document, "note")
    require_version(call, room, code=f"{PREFIX}VERSION_CONFLICT", form=VERSION_FORM)
    if status != room.status and status not in ROOM_TRANSITIONS[room.status]:
        raise _conflict("ROOM_STATE_CONFLICT", room.status, status)
    if status == "cleaning" and not _has_active_task(call, room):
        raise _conflict("ROOM_STATE_CONFLICT", room.status, status)
    moved = with_status(room, status, call, note=note)
    call.state.put(moved)
    _tell_room(call, moved)
    return versioned(moved, form=VERSION_FORM)


def _list_tasks(call: Call) -> Answer:
    owner = property_in(call)
    question = Question(
        upstream="housekeeping",
        kind="task",
        tenant=call.tenant,
        property=owner,
        statuses=choices_in(call, "status", TASK_STATUSES),
        day=day_in(call, "date", business_day(call, owner)),
    )
    page = read_page(call, question, default=100, maximum=500)
    assignee = call.query.get("assigneeId")
    items = [item for item in page.documents() if assignee in {None, item["assigneeId"]}]
    return json_answer({"items": items, "nextCursor": page.next_cursor})


def _get_task(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="task"), form=VERSION_FORM)


def _stepper(step: str) -> Handler:
    allowed, status = TASK_STEPS[step]

    def handler(call: Call) -> Answer:
        task = _task(call, allowed, status)
        only_members(call.document, ("note",))
        members: Document = {"note": optional_text_in(call.document, "note")}
        if step == "start":
            members["startedAt"] = task.body["startedAt"] or rfc3339(call.at)
        if step == "complete":
            members["completedAt"] = rfc3339(call.at)
        if step in _ROOM_AFTER_STEP:
            _move_room(call, task, _ROOM_AFTER_STEP[step])
        return _stored(call, with_status(task, status, call, **members), f"task.{step}")

    return handler


def _inspect(call: Call) -> Answer:
    task = _task(call, frozenset({"completed"}), "inspected")
    only_members(call.document, ("passed", "note"))
    passed = flag_in(call.document, "passed") if "passed" in call.document else True
    note = optional_text_in(call.document, "note")
    _move_room(call, task, "ready" if passed else "dirty")
    status = "completed" if passed else "pending"
    members: Document = {"note": note, "inspection": "passed" if passed else "failed"}
    return _stored(call, with_status(task, status, call, **members), "task.inspect")


def _reassign(call: Call) -> Answer:
    task = _task(call, frozenset({"pending", "assigned", "paused", "in_progress"}), "assigned")
    only_members(call.document, ("assigneeId",))
    assignee = own(call, text_in(call.document, "assigneeId"), kind="operator", upstream="iam")
    status = "assigned" if task.status == "pending" else task.status
    moved = with_status(task, status, call, assigneeId=assignee.id)
    return _stored(call, moved, "task.reassign")


def _task(call: Call, allowed: frozenset[str], attempted: str) -> StoredObject:
    task = own(call, call.parameters["id"], kind="task")
    require_version(call, task, code=f"{PREFIX}VERSION_CONFLICT", form=VERSION_FORM)
    if task.status not in allowed:
        raise _conflict("TASK_STATE_CONFLICT", task.status, attempted)
    return task


_VERBS: Final = {
    "task.start": "task.started",
    "task.pause": "task.paused",
    "task.complete": "task.completed",
    "task.inspect": "task.inspected",
    "task.reassign": "task.reassigned",
}


def _stored(call: Call, task: StoredObject, verb: str) -> Answer:
    call.state.put(task)
    payload = {
        "taskId": task.id,
        "tenantId": f"tnt_{call.tenant}",
        "propertyId": task.body["propertyId"],
        "roomId": task.body["roomId"],
        "status": task.status,
        "staffId": task.body["assigneeId"],
    }
    call.emit(f"{_EVENT}{_VERBS[verb]}.v1", key=task.id, payload=payload)
    return versioned(task, form=VERSION_FORM)


def _move_room(call: Call, task: StoredObject, status: str) -> None:
    room = call.state.get("housekeeping", f"rom_{task.parent}")
    if room is not None and not room.status.startswith("out_of"):
        moved = with_status(room, status, call)
        call.state.put(moved)
        _tell_room(call, moved)


def _tell_room(call: Call, room: StoredObject) -> None:
    payload = {
        "roomId": room.id,
        "tenantId": f"tnt_{call.tenant}",
        "propertyId": room.body["propertyId"],
        "status": room.status,
    }
    call.emit(f"{_EVENT}room.status_changed.v1", key=room.id, payload=payload)


def _has_active_task(call: Call, room: StoredObject) -> bool:
    question = Question(
        upstream="housekeeping",
        kind="task",
        tenant=call.tenant,
        parent=ulid_of(room.id),
        statuses=("assigned", "in_progress", "paused", "pending"),
        limit=1,
    )
    return bool(call.state.find(question))


def _conflict(code: str, current: str, attempted: str) -> Refusal:
    return Refusal(
        422,
        PREFIX + code,
        i18nKey=f"housekeeping.{code.lower()}",
        context={"currentStatus": current, "attemptedTransition": f"{current} → {attempted}"},
    )
