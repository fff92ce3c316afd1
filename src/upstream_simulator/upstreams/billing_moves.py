"""What changes a folio: charges, payments, refunds, closing. The reservation's balance follows."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import choice_in, only_members, optional_text_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Refusal
from upstream_simulator.identifiers import new_id, ulid_of
from upstream_simulator.objects import changed, own, require_version, versioned
from upstream_simulator.state import StoredObject
from upstream_simulator.upstreams.cash_drawers import add_to_drawer
from upstream_simulator.upstreams.money import amount_in, micro_of, money

PREFIX: Final = "MELMASTOON.BILLING."
OPEN_STATUSES: Final = frozenset({"pending", "open", "balance_due", "settled", "re_opened"})
CHARGE_KINDS: Final = ("room", "food_and_beverage", "minibar", "laundry", "spa", "tax", "other")
METHODS: Final = ("cash", "card", "bank_transfer")


def post_charge(call: Call) -> Answer:
    """`POST …/charges`."""
    folio = _open_folio(call)
    only_members(call.document, ("kind", "description", "amount"))
    members: Document = {
        "kind": choice_in(call.document, "kind", CHARGE_KINDS),
        "description": text_in(call.document, "description"),
    }
    micro = amount_in(call.document, "amount", currency=folio.body["currency"])
    entry = _entry(call, folio, kind="charge", prefix="chg", micro=micro, members=members)
    _apply(call, folio, charges=micro, payments=0)
    call.emit("melmastoon.billing.folio.charge_posted.v1", key=folio.id, payload=_told(folio))
    return versioned(entry, status=201)


def record_payment(call: Call) -> Answer:
    """`POST …/payments`; a cash payment may name the drawer it went into."""
    folio = _open_folio(call)
    only_members(call.document, ("method", "amount", "drawerId"))
    members: Document = {"method": choice_in(call.document, "method", METHODS)}
    micro = amount_in(call.document, "amount", currency=folio.body["currency"])
    if call.document.get("drawerId") is not None:
        members["drawerId"] = add_to_drawer(call, call.document["drawerId"], micro)
    entry = _entry(call, folio, kind="payment", prefix="fpm", micro=micro, members=members)
    _apply(call, folio, charges=0, payments=micro)
    call.emit("melmastoon.billing.folio.payment_recorded.v1", key=folio.id, payload=_told(folio))
    return versioned(entry, status=201)


def record_refund(call: Call) -> Answer:
    """`POST …/refunds`; never more than was paid."""
    folio = _open_folio(call)
    only_members(call.document, ("amount", "reason", "method"))
    members: Document = {
        "reason": text_in(call.document, "reason"),
        "method": choice_in(call.document, "method", METHODS),
    }
    micro = amount_in(call.document, "amount", currency=folio.body["currency"])
    if micro > micro_of(folio.body["totalPayments"]):
        raise Refusal(409, f"{PREFIX}REFUND_EXCEEDS_PAYMENTS")
    entry = _entry(call, folio, kind="refund", prefix="frd", micro=micro, members=members)
    _apply(call, folio, charges=0, payments=-micro)
    call.emit("melmastoon.billing.folio.refunded.v1", key=folio.id, payload=_told(folio))
    return versioned(entry, status=201)


def close(call: Call) -> Answer:
    """`POST …/close`: only at a balance of nothing."""
    folio = _open_folio(call)
    only_members(call.document, ("reason",))
    if micro_of(folio.body["balance"]) != 0:
        raise Refusal(409, f"{PREFIX}BALANCE_NOT_ZERO")
    return _moved(call, folio, "closed", closedAt=rfc3339(call.at))


def reopen(call: Call) -> Answer:
    """`POST …/reopen`."""
    folio = _folio(call)
    only_members(call.document, ("reason",))
    reason = optional_text_in(call.document, "reason")
    if folio.status != "closed":
        raise Refusal(409, f"{PREFIX}ILLEGAL_TRANSITION", f"{folio.status} cannot be reopened")
    return _moved(call, folio, "re_opened", closedAt=None, reopenReason=reason)


def _folio(call: Call) -> StoredObject:
    folio = own(call, call.parameters["id"], kind="folio")
    require_version(call, folio, code=f"{PREFIX}VERSION_CONFLICT")
    return folio


def _open_folio(call: Call) -> StoredObject:
    folio = _folio(call)
    if folio.status not in OPEN_STATUSES:
        raise Refusal(409, f"{PREFIX}FOLIO_CLOSED")
    return folio


def _entry(
    call: Call,
    folio: StoredObject,
    *,
    kind: str,
    prefix: str,
    micro: int,
    members: Document,
) -> StoredObject:
    identifier = new_id(prefix, call.at)
    posted_at = rfc3339(call.at)
    body: Document = {
        "id": identifier,
        "folioId": folio.id,
        **members,
        "amount": money(micro, folio.body["currency"]),
        "postedAt": posted_at,
        "state": "posted",
        "version": 1,
    }
    entry = StoredObject(
        upstream="billing",
        kind=kind,
        id=identifier,
        tenant=call.tenant,
        property=folio.property,
        parent=ulid_of(folio.id),
        status="posted",
        rank=posted_at,
        body=body,
    )
    call.state.put(entry)
    return entry


def _apply(call: Call, folio: StoredObject, *, charges: int, payments: int) -> None:
    currency = folio.body["currency"]
    total_charges = micro_of(folio.body["totalCharges"]) + charges
    total_payments = micro_of(folio.body["totalPayments"]) + payments
    balance = total_charges - total_payments
    status = "balance_due" if balance > 0 else "settled"
    exception = folio.body["exception"] if balance > 0 else None
    if balance < 0:
        exception = "negative_balance"
    body = changed(
        folio,
        totalCharges=money(total_charges, currency),
        totalPayments=money(total_payments, currency),
        balance=money(balance, currency),
        status=status,
        exception=exception,
    ).body
    tag = "" if exception is None else "exception"
    call.state.put(dataclasses.replace(folio, status=status, tag=tag, body=body))
    _tell_reservation(call, folio, charges - payments)


def _tell_reservation(call: Call, folio: StoredObject, micro: int) -> None:
    """Move the reservation's balance along, as its consumer of our event would."""
    stay = call.state.get("reservation", f"rsv_{folio.parent}")
    if stay is None:
        return
    balance = micro_of(stay.body["balance"]) + micro
    flags = [flag for flag in stay.body["flags"] if flag != "balance_due"]
    if balance > 0:
        flags.append("balance_due")
    amount = money(balance, stay.body["balance"]["currency"])
    call.state.put(changed(stay, balance=amount, flags=flags))


def _moved(call: Call, folio: StoredObject, status: str, **members: object) -> Answer:
    moved = dataclasses.replace(changed(folio, status=status, **members), status=status)
    call.state.put(moved)
    verb = "closed" if status == "closed" else "reopened"
    call.emit(f"melmastoon.billing.folio.{verb}.v1", key=folio.id, payload=_told(moved))
    return versioned(moved)


def _told(folio: StoredObject) -> Document:
    return {
        "folioId": folio.id,
        "tenantId": folio.body["tenantId"],
        "propertyId": folio.body["propertyId"],
        "reservationId": folio.body["reservationId"],
        "currency": folio.body["currency"],
    }
