"""The seed of ai-orchestrator and notification: suggestions of all capabilities, alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from upstream_simulator.documents import Document
from upstream_simulator.identifiers import stable_id
from upstream_simulator.seed.hotel_group import MICRO, OperatorPlan
from upstream_simulator.seed.plot import Plot
from upstream_simulator.state import StoredObject


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionPlan:
    """A suggestion every hotel gets."""

    capability: str
    title: str
    summary: str
    tags: tuple[str, ...]
    target: str
    proposal: Document


_SUGGESTIONS: Final = (
    SuggestionPlan(
        capability="overbooking_warning",
        title="Deluxe King is oversold on Friday",
        summary="Two more arrivals than rooms; the suite upgrade list has three candidates.",
        tags=("inventory",),
        target="room_type",
        proposal={"action": "stop_sell", "nights": 1},
    ),
    SuggestionPlan(
        capability="rate_change",
        title="Raise Standard Twin for the weekend",
        summary="Pick-up is 18 % ahead of last year.",
        tags=("rates",),
        target="room_type",
        proposal={"baselineAmountMicros": 60 * MICRO, "suggestedAmountMicros": 66 * MICRO},
    ),
    SuggestionPlan(
        capability="rate_change",
        title="Bundle wine tasting with Garden Suite",
        summary="Guests of the suite often ask for it.",
        tags=("rates", "alcohol"),
        target="room_type",
        proposal={"package": "wine_tasting"},
    ),
    SuggestionPlan(
        capability="housekeeping_reorder",
        title="Clean floor 3 first",
        summary="Seven early arrivals are assigned there.",
        tags=("housekeeping",),
        target="property",
        proposal={"floors": [3, 2, 1]},
    ),
    SuggestionPlan(
        capability="maintenance_priority",
        title="Take the hot-water work order first",
        summary="It affects rooms of tonight's arrivals.",
        tags=("maintenance",),
        target="work_order",
        proposal={"severity": "high"},
    ),
    SuggestionPlan(
        capability="guest_special_handling",
        title="Returning guest with an allergy",
        summary="Tell the kitchen before breakfast.",
        tags=("guest_care", "halal_food"),
        target="reservation",
        proposal={"notify": "fnb"},
    ),
    SuggestionPlan(
        capability="guest_special_handling",
        title="Offer the casino shuttle",
        summary="The guest used it last time.",
        tags=("guest_care", "gambling"),
        target="reservation",
        proposal={"offer": "shuttle"},
    ),
    SuggestionPlan(
        capability="staffing",
        title="One more housekeeper tomorrow morning",
        summary="Turnovers exceed the shift's capacity by nine rooms.",
        tags=("staffing",),
        target="property",
        proposal={"department": "housekeeping", "people": 1},
    ),
    SuggestionPlan(
        capability="staffing",
        title="Move the late shift",
        summary="An older model that does not label its answers.",
        tags=(),
        target="property",
        proposal={"department": "front_desk"},
    ),
    SuggestionPlan(
        capability="audit_anomaly",
        title="Three refunds by one clerk within an hour",
        summary="Unusual for this day of the week.",
        tags=("audit",),
        target="property",
        proposal={"review": "refunds"},
    ),
    SuggestionPlan(
        capability="audit_anomaly",
        title="Interest on late balances",
        summary="Late balances could carry interest.",
        tags=("audit", "interest_bearing"),
        target="property",
        proposal={"review": "late_balances"},
    ),
)

_ALERTS: Final = (
    ("critical", "lock.device.offline", "A door lock is offline", "device"),
    ("warning", "housekeeping.staffing_gap", "One housekeeper short until 14:00", "property"),
    ("warning", "reservation.overbooking", "Friday is oversold by two rooms", "property"),
    ("info", "shift.handover", "Handover note from the night shift", "property"),
    ("info", "reservation.vip_arrival", "VIP arrival today", "reservation"),
)


def suggestion_objects(plot: Plot) -> Iterator[StoredObject]:
    """Yield this hotel's suggestions."""
    for index, plan in enumerate(_SUGGESTIONS):
        identifier = plot.id("ifs", f"suggestion/{index}")
        random = plot.random(f"suggestion/{index}")
        confidence = round(random.uniform(0.55, 0.97), 2)
        is_local = index % 4 == 3  # noqa: PLR2004 - every fourth
        created_at = plot.moment(0, 5, index)
        yield StoredObject(
            upstream="ai-orchestrator",
            kind="suggestion",
            id=identifier,
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            tag=plan.capability,
            status="open",
            rank=created_at,
            body={
                "id": identifier,
                "tenantId": f"tnt_{plot.tenant_ulid}",
                "propertyId": f"ppt_{plot.ulid}",
                "capability": plan.capability,
                "state": "open",
                "title": plan.title,
                "summary": plan.summary,
                "confidence": confidence,
                "target": _target(plot, plan.target),
                "proposal": plan.proposal,
                "tags": list(plan.tags),
                "provenance": {
                    "id": plot.id("prv_p", f"suggestion/{index}"),
                    "modelId": "onnx-edge-ranker" if is_local else "melmastoon-advisor",
                    "modelVersion": "2025-09-01",
                    "promptTemplateId": stable_id("pmv", plan.capability),
                    "confidence": confidence,
                    "costUsd": 0 if is_local else round(random.uniform(0.001, 0.02), 4),
                    "latencyMs": random.randint(40, 1400),
                    "locale": plot.tenant.locale,
                    "local": is_local,
                    "provider": "onnx-edge" if is_local else "cloud",
                    "cacheHit": False,
                    "traceId": f"{random.getrandbits(128):032x}",
                },
                "createdAt": created_at,
                "expiresAt": plot.moment(2, 0),
                "version": 1,
            },
        )


def _target(plot: Plot, kind: str) -> Document:
    prefixes = {
        "room_type": plot.type_id("rmt", plot.plan.room_types[0].code),
        "work_order": plot.id("mnt", "work order/0"),
        "property": f"ppt_{plot.ulid}",
    }
    room = plot.rooms[0]
    return {"kind": kind, "id": prefixes.get(kind, plot.id("rsv", f"stay/{room.number}/0"))}


def alert_objects(plot: Plot) -> Iterator[StoredObject]:
    """Yield a feed for each operator whose first hotel this is."""
    for operator in plot.tenant.operators:
        if operator.property_slugs[0] == plot.plan.slug:
            yield from _feed(plot, operator)


def _feed(plot: Plot, operator: OperatorPlan) -> Iterator[StoredObject]:
    recipient = stable_id("opr", operator.username)
    for index, (severity, template, title, link) in enumerate(_ALERTS):
        identifier = stable_id("ntf", f"{operator.username}/{index}")
        is_read = index == len(_ALERTS) - 2
        raised_at = plot.moment(0, 6, 10 * index)
        state = "opened" if is_read else "delivered"
        link_id = plot.id("lck", f"door/{plot.rooms[0].number}")
        yield StoredObject(
            upstream="notification",
            kind="entry",
            id=identifier,
            tenant=plot.tenant_ulid,
            property=plot.ulid,
            parent=recipient,
            status=state,
            rank=f"{index}:{raised_at}",
            body={
                "id": identifier,
                "recipientId": recipient,
                "propertyId": f"ppt_{plot.ulid}",
                "templateKey": f"{template}.inapp",
                "severity": severity,
                "title": title,
                "body": f"{title} · {plot.plan.name}",
                "channel": "inapp",
                "state": state,
                "readAt": plot.moment(0, 8) if is_read else None,
                "raisedAt": raised_at,
                "link": {"kind": link, "id": link_id if link == "device" else f"ppt_{plot.ulid}"},
                "version": 1,
            },
        )
