"""The seed of billing and payment: folios with their lines, cash drawers, the closed day."""

from collections.abc import Iterator

from upstream_simulator.documents import Document
from upstream_simulator.identifiers import with_prefix
from upstream_simulator.seed.hotel_group import MICRO
from upstream_simulator.seed.plot import Plot
from upstream_simulator.seed.reservations import has_folio
from upstream_simulator.seed.stays import Stay
from upstream_simulator.state import StoredObject

OPENING_FLOAT_UNITS = 200


def billing_objects(plot: Plot, stays: list[Stay]) -> Iterator[StoredObject]:
    """Yield folios, charges, payments, drawers, the last closed day."""
    for stay in stays:
        if has_folio(stay):
            yield _folio(plot, stay)
            yield from _charges(plot, stay)
            yield from _payments(plot, stay)
    yield from _drawers(plot)
    yield _closed_day(plot)


def _folio(plot: Plot, stay: Stay) -> StoredObject:
    identifier = plot.id("fol", stay.name)
    balance = stay.total_micro - stay.paid_micro
    status = _folio_status(stay, balance)
    exception = _exception(plot, stay, balance)
    return _billed(
        plot,
        kind="folio",
        identifier=identifier,
        parent=plot.id("rsv", stay.name).removeprefix("rsv_"),
        tag="exception" if exception is not None else "",
        status=status,
        day=plot.date(stay.departure),
        body={
            "id": identifier,
            "tenantId": f"t_{plot.tenant_ulid}",
            "propertyId": f"prop_{plot.ulid}",
            "reservationId": plot.id("res", stay.name),
            "guestName": stay.guest.name,
            "status": status,
            "currency": plot.plan.currency,
            "totalCharges": plot.money(stay.total_micro),
            "totalPayments": plot.money(stay.paid_micro),
            "balance": plot.money(balance),
            "exception": exception,
            "openedAt": plot.moment(min(stay.arrival, 0), 8),
            "closedAt": plot.moment(stay.departure, 10) if status == "closed" else None,
            "version": 1,
        },
    )


def _folio_status(stay: Stay, balance: int) -> str:
    if stay.state == "checked_out":
        return "closed"
    if stay.state == "confirmed":
        return "open"
    return "balance_due" if balance > 0 else "settled"


def _exception(plot: Plot, stay: Stay, balance: int) -> str | None:
    if not stay.is_in_the_house or balance <= 0:
        return None
    if stay.departure == 0:
        return "departure_unpaid"
    limit = 4 * plot.plan.room_types[-1].nightly_micro
    return "over_limit" if balance > limit else None


def _charges(plot: Plot, stay: Stay) -> Iterator[StoredObject]:
    for night in range(stay.arrival, stay.departure):
        identifier = plot.id("chg", f"{stay.name}/{night - stay.arrival}")
        yield _line(
            plot,
            stay,
            kind="charge",
            identifier=identifier,
            posted_at=plot.moment(min(night, 0), 2),
            members={
                "kind": "room",
                "description": f"{stay.room.type.name}, room {stay.room.number}",
                "amount": plot.money(stay.room.type.nightly_micro),
            },
        )


def _payments(plot: Plot, stay: Stay) -> Iterator[StoredObject]:
    if stay.paid_micro == 0:
        return
    amount = plot.money(stay.paid_micro)
    method = "card" if stay.channel in {"ota", "direct"} else "cash"
    posted_at = plot.moment(min(stay.arrival, 0), 9)
    identifier = plot.id("fpm", stay.name)
    yield _line(
        plot,
        stay,
        kind="payment",
        identifier=identifier,
        posted_at=posted_at,
        members={"method": method, "amount": amount},
    )
    state = "pending" if stay.state == "confirmed" and method == "card" else "captured"
    payment_id = with_prefix("pay", identifier)
    yield StoredObject(
        upstream="payment",
        kind="payment",
        id=payment_id,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=plot.id("rsv", stay.name).removeprefix("rsv_"),
        tag=method,
        status=state,
        day=plot.date(min(stay.arrival, 0)),
        rank=posted_at,
        body={
            "id": payment_id,
            "propertyId": f"ppt_{plot.ulid}",
            "reservationId": plot.id("rsv", stay.name),
            "folioId": plot.id("fol", stay.name),
            "state": state,
            "method": method,
            "amount": amount,
            "createdAt": posted_at,
            "version": 1,
        },
    )


def _line(
    plot: Plot,
    stay: Stay,
    *,
    kind: str,
    identifier: str,
    posted_at: str,
    members: Document,
) -> StoredObject:
    return _billed(
        plot,
        kind=kind,
        identifier=identifier,
        parent=plot.id("fol", stay.name).removeprefix("fol_"),
        status="posted",
        rank=posted_at,
        body={
            "id": identifier,
            "folioId": plot.id("fol", stay.name),
            **members,
            "postedAt": posted_at,
            "state": "posted",
            "version": 1,
        },
    )


def _drawers(plot: Plot) -> Iterator[StoredObject]:
    clerks = plot.operator_ids("front_desk")
    caterers = plot.operator_ids("fnb_manager")
    holders = [("Front desk 1", clerks[0]), ("Front desk 2", None)]
    if caterers:
        holders.append(("Restaurant", caterers[0]))
    for name, operator_id in holders:
        identifier = plot.id("cdr", f"drawer/{name}")
        state = "closed" if operator_id is None else "open"
        opening = plot.money(OPENING_FLOAT_UNITS * MICRO)
        yield _billed(
            plot,
            kind="drawer",
            identifier=identifier,
            status=state,
            tag=operator_id or "",
            rank=name,
            body={
                "id": identifier,
                "propertyId": f"prop_{plot.ulid}",
                "name": name,
                "state": state,
                "operatorId": operator_id,
                "sessionId": None if operator_id is None else plot.id("cds", f"session/{name}"),
                "openedAt": None if operator_id is None else plot.moment(0, 7),
                "openingFloat": opening,
                "balance": plot.money((OPENING_FLOAT_UNITS + len(name) * 37) * MICRO)
                if operator_id is not None
                else plot.money(0),
                "version": 1,
            },
        )


def _closed_day(plot: Plot) -> StoredObject:
    random = plot.random("closed day")
    expected = random.randint(2_000, 9_000) * MICRO
    variance = random.choice((-35, -12, 0, 8, 20)) * MICRO
    identifier = plot.id("rec", "closed day")
    return _billed(
        plot,
        kind="end_of_day",
        identifier=identifier,
        status="closed",
        day=plot.date(-1),
        body={
            "propertyId": f"prop_{plot.ulid}",
            "businessDate": plot.date(-1),
            "expected": plot.money(expected),
            "counted": plot.money(expected + variance),
            "variance": plot.money(variance),
            "state": "closed",
            "version": 1,
        },
    )


def _billed(  # noqa: PLR0913 - the columns of a stored object
    plot: Plot,
    *,
    kind: str,
    identifier: str,
    body: Document,
    parent: str = "",
    tag: str = "",
    status: str = "",
    day: str = "",
    rank: str = "",
) -> StoredObject:
    return StoredObject(
        upstream="billing",
        kind=kind,
        id=identifier,
        tenant=plot.tenant_ulid,
        property=plot.ulid,
        parent=parent,
        tag=tag,
        status=status,
        day=day,
        rank=rank,
        body=body,
    )
