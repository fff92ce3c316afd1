"""What each dashboard widget holds: `docs/dashboard_widgets.md` in types.

Shown and cached as they are, hence structs with their wire names.
"""

from typing import Literal

import msgspec

from bff_backoffice.domain.money import Money
from bff_backoffice.domain.workbench import RoomStatus


class WidgetView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The data of one widget."""


class PropertyDay(WidgetView, frozen=True, kw_only=True):
    """Which hotel this is and which day it has open."""

    property_id: str
    name: str
    business_date: str
    timezone: str
    currency: str
    room_count: int


class BoardLine(WidgetView, frozen=True, kw_only=True):
    """One reservation on a board."""

    reservation_id: str
    code: str
    guest_name: str
    room_type_id: str
    state: str
    flags: tuple[str, ...]
    room_id: str | None = None


class ArrivalsBoard(WidgetView, frozen=True, kw_only=True):
    """The first arrivals of the day and how many have come."""

    business_date: str
    total: int
    checked_in: int
    items: tuple[BoardLine, ...]


class ArrivingRooms(WidgetView, frozen=True, kw_only=True):
    """Which room waits for which reservation today; shown by no widget, used by one."""

    reservation_by_room: dict[str, str]


class DeparturesBoard(WidgetView, frozen=True, kw_only=True):
    """The first departures of the day and how many have left."""

    business_date: str
    total: int
    checked_out: int
    items: tuple[BoardLine, ...]


class DayProgress(WidgetView, frozen=True, kw_only=True):
    """How far the day has come: for arrivals and for departures."""

    business_date: str
    total: int
    done: int
    remaining: int


class InHouseCount(WidgetView, frozen=True, kw_only=True):
    """Who stays tonight, counted."""

    reservations: int
    guests: int | None = None


class RoomReadiness(WidgetView, frozen=True, kw_only=True):
    """How many rooms are in which state."""

    total: int
    ready: int
    by_status: dict[RoomStatus, int]


class HousekeepingKpis(WidgetView, frozen=True, kw_only=True):
    """How housekeeping keeps up with the arrivals."""

    pending_tasks_in_arrival_window: int
    arrival_window_minutes: int
    time_to_ready_minutes: float | None = None
    linen_runway_minutes: float | None = None


class HousekeepingTasks(WidgetView, frozen=True, kw_only=True):
    """What is left to clean."""

    open: int
    by_status: dict[str, int]
    urgent: int


class Occupancy(WidgetView, frozen=True, kw_only=True):
    """How full the house is on its open day."""

    business_date: str
    percent: float
    sold: int
    available: int
    out_of_order: int
    total: int


class RoomTypeRate(WidgetView, frozen=True, kw_only=True):
    """Today's price of one room type."""

    room_type_id: str
    rate: Money
    name: str | None = None


class RateSnapshot(WidgetView, frozen=True, kw_only=True):
    """Today's public prices."""

    business_date: str
    rate_plan_code: str
    rates: tuple[RoomTypeRate, ...]


class MoneyMetric(WidgetView, frozen=True, kw_only=True):
    """A computed figure in money: revenue per available room, average daily rate."""

    business_date: str
    value: Money
    change_percent: float | None = None
    computed_at: str | None = None


class FolioException(WidgetView, frozen=True, kw_only=True):
    """A folio somebody should look at."""

    folio_id: str
    reservation_id: str
    reason: str
    balance: Money


class FolioExceptions(WidgetView, frozen=True, kw_only=True):
    """The folios somebody should look at."""

    count: int
    items: tuple[FolioException, ...]
    total: Money | None = None


class EndOfDayVariance(WidgetView, frozen=True, kw_only=True):
    """What the last night audit counted against what it expected."""

    business_date: str
    variance: Money
    expected: Money
    counted: Money


class CashDrawer(WidgetView, frozen=True, kw_only=True):
    """The asking operator's own drawer."""

    state: Literal["open", "closed", "none"]
    drawer_id: str | None = None
    balance: Money | None = None
    opened_at: str | None = None


class PaymentsPending(WidgetView, frozen=True, kw_only=True):
    """Payments that are neither taken nor refused."""

    count: int
    total: Money | None = None


class MaintenanceOpen(WidgetView, frozen=True, kw_only=True):
    """Open work orders by how bad they are."""

    total: int
    by_severity: dict[str, int]


class OverlappingWork(WidgetView, frozen=True, kw_only=True):
    """Open work in a room that somebody arrives in today."""

    work_order_id: str
    title: str
    severity: str
    room_id: str
    reservation_id: str


class MaintenanceOverlap(WidgetView, frozen=True, kw_only=True):
    """All open work in rooms of today's arrivals."""

    count: int
    items: tuple[OverlappingWork, ...]


class LockIssue(WidgetView, frozen=True, kw_only=True):
    """A door lock that needs somebody."""

    lock_id: str
    vendor: str
    issue: str
    name: str | None = None
    """As lock integration names the door: "Room 204"."""
    room_id: str | None = None
    battery_percent: int | None = None


class LockHealth(WidgetView, frozen=True, kw_only=True):
    """How many door locks there are and which need somebody."""

    total: int
    attention: int
    items: tuple[LockIssue, ...]


class DepartmentStaffing(WidgetView, frozen=True, kw_only=True):
    """Who is on the floor in one department, counted."""

    department: str
    on_duty: int
    scheduled: int | None = None


class Staffing(WidgetView, frozen=True, kw_only=True):
    """Who is on the floor, counted."""

    on_duty: int
    by_department: tuple[DepartmentStaffing, ...]


class AlertLine(WidgetView, frozen=True, kw_only=True):
    """One unread alert."""

    alert_id: str
    severity: str
    title: str
    raised_at: str


class Alerts(WidgetView, frozen=True, kw_only=True):
    """The asking operator's unread alerts."""

    unread: int
    items: tuple[AlertLine, ...]


class InsightLine(WidgetView, frozen=True, kw_only=True):
    """One open suggestion, its provenance unchanged."""

    suggestion_id: str
    capability: str
    title: str
    provenance: msgspec.Raw
    confidence: float | None = None


class Insights(WidgetView, frozen=True, kw_only=True):
    """The open suggestions that the tenant's compliance profile lets through."""

    items: tuple[InsightLine, ...]
    withheld: int
