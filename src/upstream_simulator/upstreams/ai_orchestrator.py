"""ai-orchestrator-service: suggestions to look at and decide on, once."""

import dataclasses
from typing import Final

from upstream_simulator.bodies import choice_in, only_members, optional_text_in, text_in
from upstream_simulator.clock import rfc3339
from upstream_simulator.dialect import Dialect, canonical
from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal, Route, json_answer
from upstream_simulator.lists import choices_in, property_in, read_page
from upstream_simulator.objects import changed, own, versioned
from upstream_simulator.state import Question
from upstream_simulator.upstream import Upstream

BASE: Final = "/api/v1/ai"
CAPABILITIES: Final = frozenset(
    {
        "overbooking_warning",
        "rate_change",
        "housekeeping_reorder",
        "maintenance_priority",
        "guest_special_handling",
        "staffing",
        "audit_anomaly",
    }
)
STATES: Final = frozenset({"open", "accepted", "modified", "rejected", "expired"})
DECISIONS: Final = ("accepted", "modified", "rejected")
FILTERED_TAGS: Final = {"sharia": frozenset({"alcohol"})}
"""What the orchestrator itself leaves out. It misses some: its callers have rules of their own."""


def ai_orchestrator_upstream() -> Upstream:
    """Return ai-orchestrator-service."""
    return Upstream(
        name="ai-orchestrator",
        dialect=Dialect(
            problem_form=canonical,
            base=BASE,
            mismatch_status=404,
            mismatch_code="MELMASTOON.TENANT.NOT_FOUND",
        ),
        routes=(
            Route(method="GET", pattern=f"{BASE}/suggestions", handler=_list),
            Route(method="GET", pattern=f"{BASE}/suggestions/{{id}}", handler=_get),
            Route(
                method="POST",
                pattern=f"{BASE}/suggestions/{{id}}/decide",
                handler=_decide,
                kind="mutation",
            ),
        ),
    )


def _list(call: Call) -> Answer:
    capability = choices_in(call, "capability", CAPABILITIES)
    profile = choices_in(call, "complianceProfile", frozenset(FILTERED_TAGS))
    question = Question(
        upstream="ai-orchestrator",
        kind="suggestion",
        tenant=call.tenant,
        property=property_in(call),
        tag="".join(capability[:1]),
        statuses=choices_in(call, "state", STATES) or ("open",),
    )
    page = read_page(call, question, default=50, maximum=100)
    left_out = FILTERED_TAGS[profile[0]] if profile else frozenset[str]()
    items = [item for item in page.documents() if left_out.isdisjoint(item["tags"])]
    document = {
        "items": items,
        "nextCursor": page.next_cursor,
        "hasMore": page.next_cursor is not None,
    }
    return json_answer(document)


def _get(call: Call) -> Answer:
    return versioned(own(call, call.parameters["id"], kind="suggestion"))


def _decide(call: Call) -> Answer:
    found = own(call, call.parameters["id"], kind="suggestion")
    only_members(call.document, ("decision", "reason", "delta", "operatorId"))
    decision = choice_in(call.document, "decision", DECISIONS)
    delta: object = call.document.get("delta")
    if (decision == "modified") != isinstance(delta, dict):
        raise Refusal(400, VALIDATION_FAILED, "delta goes with modified, and only with it")
    taken: Document = {
        "decision": decision,
        "reason": optional_text_in(call.document, "reason"),
        "delta": delta,
        "operatorId": text_in(call.document, "operatorId"),
        "decidedAt": rfc3339(call.at),
    }
    if found.status != "open":
        raise Refusal(409, "MELMASTOON.AI.ALREADY_DECIDED", decision=found.body.get("decision"))
    decided = dataclasses.replace(changed(found, state=decision, decision=taken), status=decision)
    call.state.put(decided)
    payload = {"suggestionId": found.id, "capability": found.tag, "decision": decision}
    call.emit("melmastoon.ai_orchestrator.hitl.gate_decided.v1", key=found.id, payload=payload)
    return versioned(decided)
