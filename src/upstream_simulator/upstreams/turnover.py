"""What a guest leaves behind: a dirty room and a task for housekeeping."""

from upstream_simulator.documents import Document
from upstream_simulator.exchange import Call
from upstream_simulator.identifiers import new_id, ulid_of
from upstream_simulator.objects import business_day, with_status
from upstream_simulator.state import StoredObject


def leave_room(call: Call, stay: StoredObject, room_ulid: str) -> None:
    """Turn the room dirty and plan its turnover, as housekeeping does on `checked_out`."""
    room = call.state.get("housekeeping", f"rom_{room_ulid}")
    if room is None:
        return
    task = _turnover(call, stay, room)
    call.state.put(with_status(room, "dirty", call, occupied=False), task)
    payload = {
        "taskId": task.id,
        "tenantId": f"tnt_{call.tenant}",
        "propertyId": task.body["propertyId"],
        "roomId": room.id,
        "reservationId": stay.id,
        "kind": task.body["kind"],
        "priority": task.body["priority"],
        "source": "event",
    }
    call.speaking_as("housekeeping").emit(
        "melmastoon.housekeeping.task.created.v1", key=task.id, payload=payload
    )


def _turnover(call: Call, stay: StoredObject, room: StoredObject) -> StoredObject:
    task_id = new_id("hkt", call.at)
    body: Document = {
        "id": task_id,
        "propertyId": f"prp_{stay.property}",
        "roomId": room.id,
        "roomNumber": room.body["number"],
        "reservationId": stay.id,
        "kind": "turnover",
        "status": "pending",
        "priority": "normal",
        "assigneeId": None,
        "scheduledFor": business_day(call, stay.property),
        "dueBy": None,
        "note": None,
        "startedAt": None,
        "completedAt": None,
        "version": 1,
    }
    return StoredObject(
        upstream="housekeeping",
        kind="task",
        id=task_id,
        tenant=call.tenant,
        property=stay.property,
        parent=ulid_of(room.id),
        tag="normal",
        status="pending",
        day=body["scheduledFor"],
        rank=f"2:{room.rank}",
        body=body,
    )
