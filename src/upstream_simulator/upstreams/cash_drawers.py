"""billing-service's cash drawers: opened with a float, counted when closed."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import choice_in, only_members, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal
from upstream_simulator.identifiers import has_prefix, new_id
from upstream_simulator.objects import business_day, changed, own, require_version, versioned
from upstream_simulator.state import StoredObject
from upstream_simulator.upstreams.money import amount_in, micro_of, money

DRAWER_STATE: Final = "MELMASTOON.BILLING.DRAWER_STATE"


def open_session(call: Call) -> Answer:
    """`POST …/open`: `X-Operator-Id` takes the drawer with its opening float."""
    drawer = _drawer(call, state="closed")
    only_members(call.document, ("openingFloat",))
    micro = amount_in(call.document, "openingFloat", currency=_currency(drawer), allow_zero=True)
    operator_id = call.header("x-operator-id")
    if not has_prefix("opr", operator_id):
        raise Refusal(400, VALIDATION_FAILED, "X-Operator-Id is missing")
    opened = changed(
        drawer,
        state="open",
        operatorId=operator_id,
        sessionId=new_id("cds", call.at),
        openedAt=rfc3339(call.at),
        openingFloat=money(micro, _currency(drawer)),
        balance=money(micro, _currency(drawer)),
    )
    return _stored(call, dataclasses.replace(opened, status="open", tag=operator_id or ""))


def close_session(call: Call) -> Answer:
    """`POST …/close`: what was counted, against what should be there, goes to the day."""
    drawer = _drawer(call, state="open")
    only_members(call.document, ("counted",))
    counted = amount_in(call.document, "counted", currency=_currency(drawer), allow_zero=True)
    _add_to_day(call, drawer, counted)
    closed = changed(
        drawer,
        state="closed",
        operatorId=None,
        sessionId=None,
        openedAt=None,
        balance=money(0, _currency(drawer)),
        lastCounted=money(counted, _currency(drawer)),
    )
    return _stored(call, dataclasses.replace(closed, status="closed", tag=""))


def move_cash(call: Call) -> Answer:
    """`POST …/movements`: cash put in or taken out, with its reason."""
    drawer = _drawer(call, state="open")
    only_members(call.document, ("direction", "amount", "reason"))
    direction = choice_in(call.document, "direction", ("in", "out"))
    text_in(call.document, "reason")
    micro = amount_in(call.document, "amount", currency=_currency(drawer))
    balance = micro_of(drawer.body["balance"]) + (micro if direction == "in" else -micro)
    if balance < 0:
        raise Refusal(409, "MELMASTOON.BILLING.DRAWER_EMPTY")
    return _stored(call, changed(drawer, balance=money(balance, _currency(drawer))))


def add_to_drawer(call: Call, drawer_id: object, micro: int) -> str:
    """Put a payment into an open drawer; return its id."""
    drawer = own(call, drawer_id, kind="drawer")
    if drawer.status != "open":
        raise Refusal(409, DRAWER_STATE)
    balance = micro_of(drawer.body["balance"]) + micro
    call.state.put(changed(drawer, balance=money(balance, _currency(drawer))))
    return drawer.id


def _drawer(call: Call, *, state: str) -> StoredObject:
    drawer = own(call, call.parameters["id"], kind="drawer")
    require_version(call, drawer, code="MELMASTOON.BILLING.VERSION_CONFLICT")
    if drawer.status != state:
        raise Refusal(409, DRAWER_STATE, f"the drawer is {drawer.status}")
    return drawer


def _add_to_day(call: Call, drawer: StoredObject, counted: int) -> None:
    day = business_day(call, drawer.property)
    identifier = f"rec_{drawer.property}_{day}"
    found = call.state.get("billing", identifier)
    body: Document = found.body if found is not None else {}
    expected = micro_of(drawer.body["balance"])
    if found is not None:
        expected += micro_of(body["expected"])
        counted += micro_of(body["counted"])
    currency = _currency(drawer)
    call.state.put(
        StoredObject(
            upstream="billing",
            kind="end_of_day",
            id=identifier,
            tenant=call.tenant,
            property=drawer.property,
            status="open",
            day=day,
            body={
                "propertyId": f"prop_{drawer.property}",
                "businessDate": day,
                "expected": money(expected, currency),
                "counted": money(counted, currency),
                "variance": money(counted - expected, currency),
                "state": "open",
                "version": body.get("version", 0) + 1,
            },
        )
    )


def _stored(call: Call, drawer: StoredObject) -> Answer:
    call.state.put(drawer)
    payload = {
        "drawerId": drawer.id,
        "propertyId": drawer.body["propertyId"],
        "state": drawer.status,
        "operatorId": drawer.body["operatorId"],
    }
    call.emit("melmastoon.billing.cash_drawer.changed.v1", key=drawer.id, payload=payload)
    return versioned(drawer)


def _currency(drawer: StoredObject) -> str:
    return str(drawer.body["balance"]["currency"])
