"""analytics-service: the figures of a day and of a span of days."""

from typing import Final

from upstream_simulator.clock import day_after
from upstream_simulator.dialect import UUID_KEY, Dialect, flat
from upstream_simulator.documents import Document
from upstream_simulator.exchange import Answer, Call, Refusal, Route, json_answer
from upstream_simulator.identifiers import stable_id
from upstream_simulator.lists import choices_in, day_in, days_between, property_in
from upstream_simulator.objects import business_day
from upstream_simulator.state import Question
from upstream_simulator.upstream import Upstream

BASE: Final = "/api/v1/analytics"
KEYS: Final = (
    "occupancy",
    "adr",
    "revpar",
    "alos",
    "cancellation_rate",
    "no_show_rate",
    "eod_variance",
)
SPAN_DAYS_MAX: Final = 31
_BYTES_PER_POINT: Final = 4096


def analytics_upstream() -> Upstream:
    """Return analytics-service; only reads."""
    return Upstream(
        name="analytics",
        dialect=Dialect(
            problem_form=flat("https://errors.melmastoon.ghasi.io"), base=BASE, key_form=UUID_KEY
        ),
        routes=(
            Route(method="GET", pattern=f"{BASE}/metrics", handler=_get_metrics),
            Route(method="GET", pattern=f"{BASE}/widgets", handler=_list_widgets),
            Route(method="GET", pattern=f"{BASE}/widgets/{{id}}/data", handler=_get_widget_data),
        ),
    )


def _get_metrics(call: Call) -> Answer:
    owner = property_in(call)
    day = day_in(call, "date", business_day(call, owner))
    keys = choices_in(call, "keys", frozenset(KEYS)) or KEYS
    question = Question(
        upstream="analytics", kind="metric", tenant=call.tenant, property=owner, day=day
    )
    items = [found.body for found in call.state.find(question) if found.tag in keys]
    return _scanned({"items": items, "nextCursor": None}, points=len(items))


def _list_widgets(call: Call) -> Answer:
    owner = property_in(call)
    items = [
        {
            "widgetId": _widget_id(owner, key),
            "kind": "time_series",
            "metricKey": key,
            "title": key.replace("_", " "),
        }
        for key in KEYS
    ]
    return json_answer({"items": items, "nextCursor": None})


def _get_widget_data(call: Call) -> Answer:
    owner, key = _widget(call)
    first, last = days_between(call, maximum=366)
    if last > day_after(first, SPAN_DAYS_MAX):
        raise Refusal(
            413,
            "MELMASTOON.ANALYTICS.QUERY_BYTE_CAP_EXCEEDED",
            f"at most {SPAN_DAYS_MAX} days",
            correlationId=call.header("x-correlation-id"),
        )
    question = Question(
        upstream="analytics", kind="metric", tenant=call.tenant, property=owner, tag=key
    )
    found = [item.body for item in call.state.find(question) if first <= item.day < last]
    document: Document = {
        "widgetId": call.parameters["id"],
        "kind": "time_series",
        "metricKey": key,
        "unit": found[0]["unit"] if found else None,
        "points": [{"date": item["date"], "value": item["value"]} for item in found],
        "computedAt": found[-1]["computedAt"] if found else None,
    }
    return _scanned(document, points=len(found))


def _widget(call: Call) -> tuple[str, str]:
    hotels = Question(upstream="property", kind="property", tenant=call.tenant)
    for hotel in call.state.find(hotels):
        for key in KEYS:
            if _widget_id(hotel.property, key) == call.parameters["id"]:
                return hotel.property, key
    raise Refusal(404, "MELMASTOON.ANALYTICS.WIDGET_NOT_FOUND")


def _widget_id(owner: str, key: str) -> str:
    return stable_id("wid", f"{owner}/{key}")


def _scanned(document: Document, *, points: int) -> Answer:
    headers = {"x-cache": "MISS", "x-bytes-scanned": str(points * _BYTES_PER_POINT)}
    return json_answer(document, headers=headers)
