"""Which widgets there are, for whom, and how each may end.

The table is the product's: a widget shows one kind of data, belongs to everybody of a property
or to one operator, and comes out of one source. Several widgets share a source, so a dashboard
of twenty widgets costs about a dozen upstream calls.
"""

from dataclasses import dataclass
from typing import Final, Literal

Audience = Literal["property", "operator"]
WidgetState = Literal["fresh", "stale", "missing", "pending"]
CacheMark = Literal["HIT", "MISS", "STALE"]

MissingReason = Literal[
    "timeout",
    "unavailable",
    "invalid",
    "refused",
    "not_configured",
    "failed",
]

SourceName = Literal[
    "property",
    "arrivals",
    "departures",
    "in_house",
    "housekeeping",
    "inventory",
    "pricing",
    "analytics",
    "folio_exceptions",
    "end_of_day",
    "cash_drawer",
    "payments",
    "maintenance",
    "maintenance_overlap",
    "locks",
    "staff",
    "alerts",
    "suggestions",
]

Role = Literal[
    "front_desk",
    "housekeeping_lead",
    "housekeeper",
    "maintenance_tech",
    "fnb_manager",
    "general_manager",
    "owner",
]
_ALL: Final[frozenset[Role]] = frozenset(
    {
        "front_desk",
        "housekeeping_lead",
        "housekeeper",
        "maintenance_tech",
        "fnb_manager",
        "general_manager",
        "owner",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One tile: `kind` is its name for ever, and its id within a dashboard."""

    kind: str
    audience: Audience
    source: SourceName
    roles: frozenset[Role]


def _widget(kind: str, source: SourceName, *roles: Role) -> Widget:
    return Widget(
        kind=kind,
        audience="operator" if source in OPERATOR_SOURCES else "property",
        source=source,
        roles=frozenset(roles) or _ALL,
    )


OPERATOR_SOURCES: Final[frozenset[SourceName]] = frozenset({"cash_drawer", "alerts", "suggestions"})
"""Their answers belong to the one who asks: the operator is in the call and in the cache key."""

WIDGETS: Final[tuple[Widget, ...]] = (
    _widget("property_day", "property"),
    _widget("arrivals_board", "arrivals", "front_desk"),
    _widget("departures_board", "departures", "front_desk"),
    _widget("arrivals", "arrivals", "general_manager", "owner", "housekeeping_lead", "fnb_manager"),
    _widget("departures", "departures", "general_manager", "owner", "housekeeping_lead"),
    _widget("in_house", "in_house", "general_manager", "owner", "fnb_manager"),
    _widget(
        "room_readiness",
        "housekeeping",
        "front_desk",
        "general_manager",
        "housekeeping_lead",
        "housekeeper",
    ),
    _widget(
        "housekeeping_kpis", "housekeeping", "front_desk", "housekeeping_lead", "general_manager"
    ),
    _widget("housekeeping_tasks", "housekeeping", "housekeeping_lead", "housekeeper"),
    _widget(
        "occupancy",
        "inventory",
        "front_desk",
        "general_manager",
        "owner",
        "housekeeping_lead",
        "fnb_manager",
    ),
    _widget("rate_snapshot", "pricing", "front_desk"),
    _widget("revpar", "analytics", "general_manager", "owner"),
    _widget("adr", "analytics", "general_manager", "owner"),
    _widget("folio_exceptions", "folio_exceptions", "front_desk"),
    _widget("end_of_day_variance", "end_of_day", "general_manager", "owner"),
    _widget("cash_drawer", "cash_drawer", "front_desk", "fnb_manager"),
    _widget("payments_pending", "payments", "front_desk"),
    _widget("maintenance_open", "maintenance", "maintenance_tech", "general_manager", "owner"),
    _widget(
        "maintenance_overlap",
        "maintenance_overlap",
        "maintenance_tech",
        "front_desk",
        "housekeeping_lead",
    ),
    _widget("lock_health", "locks", "front_desk", "maintenance_tech"),
    _widget("staffing", "staff", "housekeeping_lead", "fnb_manager", "general_manager"),
    _widget("alerts", "alerts"),
    _widget("ai_insight", "suggestions", "general_manager", "owner", "housekeeping_lead"),
)


def widgets_for(roles: frozenset[str]) -> tuple[Widget, ...]:
    """Return the widgets of all the operator's roles together, in the table's order."""
    return tuple(widget for widget in WIDGETS if not widget.roles.isdisjoint(roles))
