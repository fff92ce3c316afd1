"""maintenance-service: work orders and their steps."""

from typing import Final

from upstream_simulator.bodies import choice_in, object_in, only_members, optional_text_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import UUID_KEY, Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import (
    VALIDATION_FAILED,
    Answer,
    Call,
    Handler,
    Refusal,
    Route,
    json_answer,
)
from upstream_simulator.identifiers import new_id, ulid_of
from upstream_simulator.lists import choices_in, property_in, read_page
from upstream_simulator.objects import own, require_version, versioned, with_status
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream

BASE: Final = "/api/v1/maintenance"
PREFIX: Final = "MELMASTOON.MAINTENANCE."
SEVERITIES: Final = ("critical", "high", "normal", "low")
CATEGORIES: Final = (
    "plumbing",
    "electrical",
    "hvac",
    "lock",
    "generator",
    "water",
    "structural",
    "it",
    "other",
)
SOURCES: Final = (
    "manual_staff",
    "guest_complaint",
    "housekeeping_flag",
    "lock_health_alert",
    "preventive_schedule",
    "reservation_relocation_failure",
)
STATUSES: Final = frozenset(
    {"open", "assigned", "in_progress", "blocked", "resolved", "verified", "cancelled"}
)
LISTED: Final = ("open", "assigned", "in_progress", "blocked", "resolved")
OPEN: Final = ("open", "assigned", "in_progress", "blocked")
TERMINAL: Final = frozenset({"verified", "cancelled"})
STEPS: Final[dict[str, tuple[frozenset[str], str]]] = {
    "assign": (frozenset({"open", "assigned", "blocked"}), "assigned"),
    "start": (frozenset({"assigned", "blocked"}), "in_progress"),
    "block": (frozenset({"assigned", "in_progress"}), "blocked"),
    "resolve": (frozenset({"in_progress"}), "resolved"),
    "verify": (frozenset({"resolved"}), "verified"),
    "cancel": (frozenset({"open", "assigned", "in_progress", "blocked"}), "cancelled"),
}
TITLE_CHARACTERS_MAX: Final = 140
DESCRIPTION_CHARACTERS_MAX: Final = 4096


def maintenance_upstream() -> Upstream:
    """Return maintenance-service."""
    orders = f"{BASE}/work-orders"
    return Upstream(
        name="maintenance",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.app"),
            base=BASE,
            property_prefix="prop",
            idempotency_header="x-idempotency-key",
            key_form=UUID_KEY,
        ),
        routes=(
            Route(method="GET", pattern=orders, handler=_list),
            Route(method="POST", pattern=orders, handler=_create, kind="mutation"),
            Route(method="GET", pattern=f"{orders}/summary", handler=_summarise),
            Route(method="GET", pattern=f"{orders}/{{id}}", handler=_get),
            *(
                Route(
                    method="POST",
                    pattern=f"{orders}/{{id}}/{step}",
                    handler=_stepper(step),
                    kind="mutation",
                )
                for step in STEPS
            ),
        ),
    )


def _list(call: Call) -> Answer:
    room_id = call.query.get("roomId")
    question = Question(
        upstream="maintenance",
        kind="work_order",
        tenant=call.tenant,
        property=property_in(call),
        parent="" if room_id is None else ulid_of(room_id),
        tag="".join(choices_in(call, "severity", frozenset(SEVERITIES))[:1]),
        statuses=choices_in(call, "status", STATUSES) or LISTED,
    )
    page = read_page(call, question, default=50, maximum=100)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _summarise(call: Call) -> Answer:
    owner = property_in(call)
    question = Question(
        upstream="maintenance",
        kind="work_order",
        tenant=call.tenant,
        property=owner,
        statuses=OPEN,
    )
    spans = call.state.spans(question)
    document = {
        "propertyId": f"prop_{owner}",
        "open": len(spans),
        "bySeverity": {name: sum(tag == name for tag, *_ in spans) for name in SEVERITIES},
        "byStatus": {name: sum(status == name for _, status, *_ in spans) for name in OPEN},
    }
    return json_answer(document)


def _get(call: Call) -> Answer:
    return versioned(_order(call), form="{}")


def _create(call: Call) -> Answer:
    document = call.document
    known = ("propertyId", "roomId", "title", "description", "category", "severity")
    only_members(document, (*known, "targetAt", "source"))
    hotel = own(
        call,
        f"ppt_{ulid_of(text_in(document, 'propertyId'))}",
        kind="property",
        upstream="property",
    )
    room = (
        own(call, document["roomId"], kind="room", upstream="property")
        if document.get("roomId") is not None
        else None
    )
    if room is not None and room.property != hotel.property:
        raise Refusal(400, VALIDATION_FAILED, "roomId is another property's")
    severity = choice_in(document, "severity", SEVERITIES)
    category = choice_in(document, "category", CATEGORIES)
    target_at = optional_text_in(document, "targetAt", maximum=40)
    if severity == "critical" and target_at is None:
        raise Refusal(422, f"{PREFIX}SEVERITY_REQUIRES_TARGET", **_extras(call))
    if room is not None:
        _refuse_duplicate(call, room, category)
    order = _new_order(call, hotel, room, severity=severity, category=category)
    call.state.put(order)
    _emit(call, order, "opened")
    return versioned(order, form="{}", status=201)


def _new_order(
    call: Call,
    hotel: StoredObject,
    room: StoredObject | None,
    *,
    severity: str,
    category: str,
) -> StoredObject:
    document = call.document
    identifier = new_id("mnt", call.at)
    opened_at = rfc3339(call.at)
    body: Document = {
        "id": identifier,
        "propertyId": f"prop_{hotel.property}",
        "roomId": None if room is None else room.id,
        "title": text_in(document, "title", maximum=TITLE_CHARACTERS_MAX),
        "description": optional_text_in(document, "description", maximum=DESCRIPTION_CHARACTERS_MAX)
        or "",
        "category": category,
        "severity": severity,
        "status": "open",
        "source": choice_in(document, "source", SOURCES)
        if "source" in document
        else "manual_staff",
        "assignee": None,
        "roomBlocked": False,
        "openedAt": opened_at,
        "targetAt": document.get("targetAt"),
        "resolvedAt": None,
        "version": 1,
    }
    return StoredObject(
        upstream="maintenance",
        kind="work_order",
        id=identifier,
        tenant=call.tenant,
        property=hotel.property,
        parent="" if room is None else ulid_of(room.id),
        tag=severity,
        status="open",
        rank=f"{SEVERITIES.index(severity)}:{opened_at}",
        body=body,
    )


def _refuse_duplicate(call: Call, room: StoredObject, category: str) -> None:
    question = Question(
        upstream="maintenance",
        kind="work_order",
        tenant=call.tenant,
        parent=ulid_of(room.id),
        statuses=OPEN,
    )
    for other in call.state.find(question):
        if other.body["category"] == category:
            raise Refusal(
                409,
                f"{PREFIX}DUPLICATE_OPEN_WORK_ORDER",
                **_extras(call, workOrderId=other.id),
            )


def _stepper(step: str) -> Handler:
    allowed, status = STEPS[step]

    def handler(call: Call) -> Answer:
        order = _order(call)
        members = _members(call, step)
        require_version(call, order, code="MELMASTOON.SYS.OCC_CONFLICT", form="{}")
        if order.status in TERMINAL:
            raise Refusal(
                409, f"{PREFIX}WORK_ORDER_TERMINAL", **_extras(call, **{"from": order.status})
            )
        if order.status not in allowed:
            raise Refusal(
                409,
                f"{PREFIX}INVALID_STATUS_TRANSITION",
                **_extras(call, **{"from": order.status, "to": status}),
            )
        moved = with_status(order, status, call, **members)
        call.state.put(moved)
        _emit(call, moved, status)
        return versioned(moved, form="{}")

    return handler


def _members(call: Call, step: str) -> Document:
    document = call.document
    if step == "assign":
        only_members(document, ("assignee",))
        return {"assignee": _assignee(call)}
    if step == "resolve":
        only_members(document, ("resolution",))
        resolution = optional_text_in(document, "resolution", maximum=DESCRIPTION_CHARACTERS_MAX)
        return {"resolution": resolution, "resolvedAt": rfc3339(call.at)}
    only_members(document, ("reason", "note"))
    return {"reason": optional_text_in(document, "reason")}


def _assignee(call: Call) -> Document:
    assignee = object_in(call.document, "assignee")
    if choice_in(assignee, "kind", ("staff", "vendor")) == "vendor":
        return {"kind": "vendor", "vendorId": text_in(assignee, "vendorId")}
    operator = own(call, assignee.get("userId"), kind="operator", upstream="iam")
    return {"kind": "staff", "userId": operator.id}


def _order(call: Call) -> StoredObject:
    try:
        return own(call, call.parameters["id"], kind="work_order")
    except Refusal as missing:
        raise Refusal(404, f"{PREFIX}WORK_ORDER_NOT_FOUND", **_extras(call)) from missing


def _emit(call: Call, order: StoredObject, verb: str) -> None:
    payload = {
        "workOrderId": order.id,
        "propertyId": order.body["propertyId"],
        "roomId": order.body["roomId"],
        "severity": order.tag,
        "status": order.status,
    }
    call.emit(f"melmastoon.maintenance.work_order.{verb}.v1", key=order.id, payload=payload)


def _extras(call: Call, **context: object) -> Document:
    return {
        "correlationId": call.header("x-correlation-id"),
        "i18nKey": "maintenance.refused",
        "context": context,
    }
