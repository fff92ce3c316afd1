"""billing-service: what it answers. What changes a folio is in `billing_moves.py`."""

import dataclasses
from typing import Final

from upstream_simulator.dialect import ANY_KEY, Dialect, billing_form
from upstream_simulator.exchange import (
    VALIDATION_FAILED,
    Answer,
    Call,
    Handler,
    Refusal,
    Route,
    json_answer,
)
from upstream_simulator.identifiers import ulid_of
from upstream_simulator.lists import Page, choices_in, day_in, property_in, read_page
from upstream_simulator.objects import own, versioned
from upstream_simulator.state import Question
from upstream_simulator.upstream import Upstream, not_found
from upstream_simulator.upstreams import billing_moves, cash_drawers

FOLIO_STATUSES: Final = frozenset(
    {"pending", "open", "balance_due", "settled", "closed", "re_opened"}
)


def billing_upstream() -> Upstream:
    """Return billing-service."""
    folio = "/api/v1/folios/{id}"
    drawer = "/api/v1/cash-drawers/{id}"
    mutations = (
        (f"{folio}/charges", billing_moves.post_charge),
        (f"{folio}/payments", billing_moves.record_payment),
        (f"{folio}/refunds", billing_moves.record_refund),
        (f"{folio}/close", billing_moves.close),
        (f"{folio}/reopen", billing_moves.reopen),
        (f"{drawer}/open", cash_drawers.open_session),
        (f"{drawer}/close", cash_drawers.close_session),
        (f"{drawer}/movements", cash_drawers.move_cash),
    )
    return Upstream(
        name="billing",
        dialect=Dialect(
            problem_form=billing_form,
            tenant_prefix="t",
            property_prefix="prop",
            key_form=ANY_KEY,
        ),
        routes=(
            Route(method="GET", pattern="/api/v1/folios", handler=_list_folios),
            Route(method="GET", pattern=folio, handler=_get_folio),
            Route(method="GET", pattern=f"{folio}/balance", handler=_get_balance),
            Route(method="GET", pattern=f"{folio}/charges", handler=_lister("charge")),
            Route(method="GET", pattern=f"{folio}/payments", handler=_lister("payment")),
            Route(method="GET", pattern=f"{folio}/refunds", handler=_lister("refund")),
            Route(method="GET", pattern="/api/v1/cash-drawers", handler=_list_drawers),
            Route(method="GET", pattern=drawer, handler=_get_drawer),
            Route(method="GET", pattern="/api/v1/end-of-day", handler=_get_end_of_day),
            *(
                Route(method="POST", pattern=pattern, handler=handler, kind="mutation")
                for pattern, handler in mutations
            ),
        ),
    )


def _list_folios(call: Call) -> Answer:
    reservation = call.query.get("reservationId")
    exception = call.query.get("exception", "false")
    if exception not in {"true", "false"}:
        raise Refusal(400, VALIDATION_FAILED, "exception is true or false")
    question = Question(
        upstream="billing",
        kind="folio",
        tenant=call.tenant,
        property=property_in(call),
        parent="" if reservation is None else ulid_of(reservation),
        tag="exception" if exception == "true" else "",
        statuses=choices_in(call, "status", FOLIO_STATUSES),
    )
    return _listed(read_page(call, question, default=50, maximum=100))


def _get_folio(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="folio"))


def _get_balance(call: Call) -> Answer:
    folio = own(call, call.parameters["id"], kind="folio").body
    names = ("totalCharges", "totalPayments", "balance", "status")
    return json_answer({"folioId": folio["id"], **{name: folio[name] for name in names}})


def _lister(kind: str) -> Handler:
    def handler(call: Call) -> Answer:
        folio = own(call, call.parameters["id"], kind="folio")
        question = Question(
            upstream="billing", kind=kind, tenant=call.tenant, parent=ulid_of(folio.id)
        )
        return _listed(read_page(call, question, default=50, maximum=100))

    return handler


def _list_drawers(call: Call) -> Answer:
    question = Question(
        upstream="billing",
        kind="drawer",
        tenant=call.tenant,
        property=property_in(call),
        tag=call.query.get("operatorId", ""),
    )
    return _listed(read_page(call, question, default=50, maximum=100))


def _get_drawer(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="drawer"))


def _get_end_of_day(call: Call) -> Answer:
    question = Question(
        upstream="billing", kind="end_of_day", tenant=call.tenant, property=property_in(call)
    )
    if "businessDate" in call.query:
        question = dataclasses.replace(question, day=day_in(call, "businessDate"))
    days = sorted(call.state.find(question), key=lambda found: found.day)
    if not days:
        raise not_found()
    return json_answer(days[-1].body)


def _listed(page: Page) -> Answer:
    pagination = {"nextCursor": page.next_cursor, "hasMore": page.next_cursor is not None}
    return json_answer({"items": page.documents(), "pagination": pagination})
