"""payment-gateway-service: payments as the gateway sees them. It alone says NOT_A_MEMBER."""

from typing import Final

from upstream_simulator.dialect import Dialect, canonical
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Route, json_answer
from upstream_simulator.lists import choices_in, day_in, property_in, read_page
from upstream_simulator.objects import business_day, own, versioned
from upstream_simulator.state import Question, StoredObject
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.money import micro_of, money

BASE: Final = "/api/v1/payments"
STATES: Final = frozenset({"pending", "authorized", "captured", "refunded", "voided", "declined"})


def payment_upstream() -> Upstream:
    """Return payment-gateway-service."""
    return Upstream(
        name="payment",
        dialect=Dialect(
            problem_form=canonical, base=BASE, mismatch_code="MELMASTOON.TENANT.NOT_A_MEMBER"
        ),
        routes=(
            Route(method="GET", pattern=BASE, handler=_list),
            Route(method="GET", pattern=f"{BASE}/summary", handler=_summarise),
            Route(method="GET", pattern=f"{BASE}/{{id}}", handler=_get),
        ),
    )


def _list(call: Call) -> Answer:
    question = Question(
        upstream="payment",
        kind="payment",
        tenant=call.tenant,
        property=property_in(call),
        statuses=choices_in(call, "state", STATES),
    )
    page = read_page(call, question, default=50, maximum=100)
    return json_answer({"items": page.documents(), "nextCursor": page.next_cursor})


def _summarise(call: Call) -> Answer:
    owner = property_in(call)
    day = day_in(call, "businessDate", business_day(call, owner))
    currency = own(call, f"ppt_{owner}", kind="property", upstream="property").body["currency"]
    question = Question(
        upstream="payment", kind="payment", tenant=call.tenant, property=owner, day=day
    )
    found = call.state.find(question)
    captured = [item for item in found if item.status == "captured"]
    document = {
        "propertyId": f"ppt_{owner}",
        "businessDate": day,
        "pending": _sum([item for item in found if item.status == "pending"], currency),
        "captured": _sum(captured, currency),
        "cash": _sum([item for item in captured if item.tag == "cash"], currency),
    }
    return json_answer(document)


def _get(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="payment"))


def _sum(items: list[StoredObject], currency: str) -> Document:
    total = sum(micro_of(item.body["amount"]) for item in items)
    return {"count": len(items), "total": money(total, currency)}
