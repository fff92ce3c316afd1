"""reservation-service: what it answers. The rules of a stay are in `reservation_rules.py`."""

from typing import Final

from upstream_simulator.dialect import Dialect, flat
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal, Route, json_answer
from upstream_simulator.identifiers import ulid_of
from upstream_simulator.lists import choices_in, day_in, days_between, read_page
from upstream_simulator.objects import business_day, own, versioned
from upstream_simulator.state import Question
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams import reservation_moves
from upstream_simulator.upstreams.reservation_rules import STATES
from upstream_simulator.upstreams.walk_in import walk_in

BASE: Final = "/api/v1/reservations"
ARRIVALS: Final = ("confirmed", "checked_in", "in_house", "checked_out", "no_show")
DEPARTURES: Final = ("checked_in", "in_house", "checked_out")
IN_HOUSE: Final = ("checked_in", "in_house")


def reservation_upstream() -> Upstream:
    """Return reservation-service."""
    moves = (
        ("check-in", reservation_moves.check_in),
        ("check-out", reservation_moves.check_out),
        ("room-change", reservation_moves.change_room),
        ("cancel", reservation_moves.cancel),
        ("no-show", reservation_moves.mark_no_show),
    )
    return Upstream(
        name="reservation",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.com", type_by_segment=True),
            base=BASE,
        ),
        routes=(
            Route(method="GET", pattern=f"{BASE}/arrivals", handler=_list_arrivals),
            Route(method="GET", pattern=f"{BASE}/departures", handler=_list_departures),
            Route(method="GET", pattern=f"{BASE}/in-house", handler=_list_in_house),
            Route(method="GET", pattern=BASE, handler=_search),
            Route(
                method="POST",
                pattern=f"{BASE}/walk-in",
                handler=walk_in,
                kind="mutation",
            ),
            Route(method="GET", pattern=f"{BASE}/{{id}}", handler=_get),
            Route(
                method="PATCH",
                pattern=f"{BASE}/{{id}}",
                handler=reservation_moves.amend,
                kind="mutation",
            ),
            *(
                Route(
                    method="POST",
                    pattern=f"{BASE}/{{id}}/{path}",
                    handler=handler,
                    kind="mutation",
                )
                for path, handler in moves
            ),
        ),
    )


def _list_arrivals(call: Call) -> Answer:
    owner, today = _property_and_day(call)
    day = day_in(call, "date", today)
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=ARRIVALS,
        day=day,
    )
    return _listed(call, question, today)


def _list_departures(call: Call) -> Answer:
    owner, today = _property_and_day(call)
    day = day_in(call, "date", today)
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=DEPARTURES,
        until=day,
    )
    return _listed(call, question, today)


def _list_in_house(call: Call) -> Answer:
    owner, today = _property_and_day(call)
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=IN_HOUSE,
    )
    guests = call.state.sum_of(question, "$.adults") + call.state.sum_of(question, "$.children")
    return _listed(call, question, today, guests=guests)


def _search(call: Call) -> Answer:
    owner, today = _property_and_day(call)
    code = call.query.get("code")
    question = Question(
        upstream="reservation",
        kind="reservation",
        tenant=call.tenant,
        property=owner,
        statuses=choices_in(call, "state", STATES),
        overlaps=None if code is not None else days_between(call),
        member=None if code is None else ("$.code", code),
    )
    return _listed(call, question, today)


def _get(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="reservation"))


def _listed(call: Call, question: Question, today: str, **members: object) -> Answer:
    page = read_page(call, question, default=50, maximum=200)
    document = {
        "items": page.documents(),
        "nextCursor": page.next_cursor,
        "businessDate": today,
        "total": call.state.count(question),
        **members,
    }
    return json_answer(document)


def _property_and_day(call: Call) -> tuple[str, str]:
    identifier = call.query.get("propertyId")
    if identifier is None:
        raise Refusal(400, VALIDATION_FAILED, "propertyId is missing")
    owner = ulid_of(identifier)
    return owner, business_day(call, owner)
