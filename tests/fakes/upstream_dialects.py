"""What each upstream is asked, what it says in its own dialect, and what we make of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.foundation.identifiers import OperatorId
from bff_backoffice.infrastructure.upstreams.analytics import AnalyticsGateway
from bff_backoffice.infrastructure.upstreams.billing import BillingGateway
from bff_backoffice.infrastructure.upstreams.housekeeping import HousekeepingGateway
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.inventory import InventoryGateway
from bff_backoffice.infrastructure.upstreams.lock_integration import LockIntegrationGateway
from bff_backoffice.infrastructure.upstreams.maintenance import MaintenanceGateway
from bff_backoffice.infrastructure.upstreams.notification import NotificationGateway
from bff_backoffice.infrastructure.upstreams.payment import PaymentGateway
from bff_backoffice.infrastructure.upstreams.pricing import PricingGateway
from bff_backoffice.infrastructure.upstreams.property import PropertyGateway
from bff_backoffice.infrastructure.upstreams.reservation import ReservationGateway
from bff_backoffice.infrastructure.upstreams.staff import StaffGateway
from bff_backoffice.infrastructure.upstreams.tenant import TenantGateway

ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H4K"
OPERATOR = OperatorId(f"opr_{ULID}")
USD = "USD"

Read = Callable[[UpstreamHttpClient, CallScope], Awaitable[object]]


def money(micro: str) -> dict[str, str]:
    return {"amountMicro": micro, "currency": USD}


def reservation(state: str = "confirmed", **changes: object) -> dict[str, object]:
    return {
        "id": f"rsv_{ULID}",
        "tenantId": f"tnt_{ULID}",
        "propertyId": f"ppt_{ULID}",
        "code": "GM-7K2M9Q",
        "state": state,
        "version": 3,
        "guest": {"id": f"gst_{ULID}", "displayName": "زهرا احمدی", "vip": False},
        "arrivalDate": "2026-03-13",
        "departureDate": "2026-03-15",
        "roomTypeId": f"rmt_{ULID}",
        "roomId": f"rmu_{ULID}",
        "balance": money("120000000"),
        "flags": ["vip"],
        **changes,
    }


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is read, how the upstream is asked for it, what it says, what we make of it."""

    name: str
    read: Read
    path: str
    query: dict[str, str]
    answers: tuple[dict[str, object], ...]
    expected: object
    headers: dict[str, str] = field(default_factory=lambda: {"x-tenant-id": f"tnt_{ULID}"})


PPT = {"propertyId": f"ppt_{ULID}"}
PROP = {"propertyId": f"prop_{ULID}"}
LINE = {
    "reservationId": f"rsv_{ULID}",
    "code": "GM-7K2M9Q",
    "guestName": "زهرا احمدی",
    "roomTypeId": f"rmt_{ULID}",
    "roomId": f"rmu_{ULID}",
    "flags": ["vip"],
}
DAY_PAGE = {"businessDate": "2026-03-13", "total": 2}

CASES = (
    Case(
        name="property",
        read=lambda client, scope: PropertyGateway(client).property_views(
            replace(scope, locale="fa-AF")
        ),
        path=f"/api/v1/properties/ppt_{ULID}",
        query={},
        answers=(
            {
                "id": f"ppt_{ULID}",
                "name": {"default": "Kabul Garden", "values": {"fa": "باغ کابل"}},
                "timezone": "Asia/Kabul",
                "currency": "AFN",
                "businessDate": "2026-03-13",
                "roomCount": 400,
                "status": "published",
            },
        ),
        expected={
            "property_day": {
                "propertyId": f"prop_{ULID}",
                "name": "باغ کابل",
                "businessDate": "2026-03-13",
                "timezone": "Asia/Kabul",
                "currency": "AFN",
                "roomCount": 400,
            }
        },
    ),
    Case(
        name="arrivals over two pages",
        read=lambda client, scope: ReservationGateway(client).arrivals_views(scope),
        path="/api/v1/reservations/arrivals",
        query={**PPT, "limit": "200", "cursor": "next"},
        answers=(
            {"items": [reservation()], "nextCursor": "next", **DAY_PAGE},
            {"items": [reservation("checked_in", roomId=None)], "nextCursor": None, **DAY_PAGE},
        ),
        expected={
            "arrivals_board": {
                "businessDate": "2026-03-13",
                "total": 2,
                "checkedIn": 1,
                "items": [
                    {**LINE, "state": "confirmed"},
                    {
                        **{key: value for key, value in LINE.items() if key != "roomId"},
                        "state": "checked_in",
                    },
                ],
            },
            "arrivals": {"businessDate": "2026-03-13", "total": 2, "done": 1, "remaining": 1},
            "arriving_rooms": {"reservationByRoom": {f"rmu_{ULID}": f"rsv_{ULID}"}},
        },
    ),
    Case(
        name="departures",
        read=lambda client, scope: ReservationGateway(client).departures_views(scope),
        path="/api/v1/reservations/departures",
        query={**PPT, "limit": "200"},
        answers=({"items": [reservation("checked_out")], **DAY_PAGE},),
        expected={
            "departures_board": {
                "businessDate": "2026-03-13",
                "total": 2,
                "checkedOut": 1,
                "items": [{**LINE, "state": "checked_out"}],
            },
            "departures": {"businessDate": "2026-03-13", "total": 2, "done": 1, "remaining": 1},
        },
    ),
    Case(
        name="in house",
        read=lambda client, scope: ReservationGateway(client).in_house_views(scope),
        path="/api/v1/reservations/in-house",
        query={**PPT, "limit": "1"},
        answers=({"items": [reservation("in_house")], "guests": 3, **DAY_PAGE},),
        expected={"in_house": {"reservations": 2, "guests": 3}},
    ),
    Case(
        name="occupancy",
        read=lambda client, scope: InventoryGateway(client).occupancy_views(scope),
        path="/api/v1/inventory/occupancy",
        query=PPT,
        answers=(
            {
                "propertyId": f"ppt_{ULID}",
                "stay_date": "2026-03-13",
                "total": 400,
                "committed": 300,
                "held": 5,
                "oos_blocked": 4,
                "available": 91,
                "occupancyPercent": 75.0,
            },
        ),
        expected={
            "occupancy": {
                "businessDate": "2026-03-13",
                "percent": 75.0,
                "sold": 300,
                "available": 91,
                "outOfOrder": 4,
                "total": 400,
            }
        },
    ),
    Case(
        name="rates",
        read=lambda client, scope: PricingGateway(client).rate_views(scope),
        path="/v1/pricing/rates",
        query={"propertyId": f"pty_{ULID}"},
        answers=(
            {
                "date": "2026-03-13",
                "ratePlanCode": "BAR",
                "items": [
                    {
                        "roomTypeId": f"rmt_{ULID}",
                        "roomTypeName": "Double",
                        "amount": "125000000:USD",
                    }
                ],
            },
        ),
        expected={
            "rate_snapshot": {
                "businessDate": "2026-03-13",
                "ratePlanCode": "BAR",
                "rates": [
                    {
                        "roomTypeId": f"rmt_{ULID}",
                        "rate": money("125000000"),
                        "name": "Double",
                    }
                ],
            }
        },
    ),
    Case(
        name="housekeeping board",
        read=lambda client, scope: HousekeepingGateway(client).board_views(scope),
        path="/api/v1/housekeeping/board",
        query={"propertyId": f"prp_{ULID}"},
        answers=(
            {
                "kpis": {
                    "time_to_ready": 41.5,
                    "pending_tasks_at_arrival_window": 6,
                    "arrival_window_minutes": 90,
                    "linen_runway_minutes": None,
                },
                "roomsByStatus": {"ready": 3, "dirty": 2},
                "tasksByStatus": {"pending": 4, "in_progress": 1, "completed": 9},
                "urgentTasks": 1,
            },
        ),
        expected={
            "room_readiness": {"total": 5, "ready": 3, "byStatus": {"ready": 3, "dirty": 2}},
            "housekeeping_kpis": {
                "pendingTasksInArrivalWindow": 6,
                "arrivalWindowMinutes": 90,
                "timeToReadyMinutes": 41.5,
            },
            "housekeeping_tasks": {
                "open": 5,
                "byStatus": {"pending": 4, "in_progress": 1, "completed": 9},
                "urgent": 1,
            },
        },
    ),
    Case(
        name="housekept rooms",
        read=lambda client, scope: HousekeepingGateway(client).rooms(scope),
        path="/api/v1/housekeeping/rooms",
        query={"propertyId": f"prp_{ULID}", "limit": "500"},
        answers=({"items": [{"roomId": f"rom_{ULID}", "number": "204", "status": "ready"}]},),
        expected={f"rmu_{ULID}": {"number": "204", "status": "ready"}},
    ),
    Case(
        name="open maintenance",
        read=lambda client, scope: MaintenanceGateway(client).open_views(scope),
        path="/api/v1/maintenance/work-orders/summary",
        query=PROP,
        answers=({"open": 3, "bySeverity": {"low": 1, "normal": 2, "high": 0, "critical": 0}},),
        expected={
            "maintenance_open": {
                "total": 3,
                "bySeverity": {"low": 1, "normal": 2, "high": 0, "critical": 0},
            }
        },
    ),
    Case(
        name="work orders",
        read=lambda client, scope: MaintenanceGateway(client).open_work_orders(scope),
        path="/api/v1/maintenance/work-orders",
        query={**PROP, "status": "open,assigned,in_progress,blocked", "limit": "100"},
        answers=(
            {
                "items": [
                    {
                        "id": f"mnt_{ULID}",
                        "title": "Leaking tap",
                        "severity": "high",
                        "roomId": f"rmu_{ULID}",
                    }
                ]
            },
        ),
        expected=[
            {
                "id": f"mnt_{ULID}",
                "title": "Leaking tap",
                "severity": "high",
                "room_id": f"rmu_{ULID}",
            }
        ],
    ),
    Case(
        name="folio balances",
        read=lambda client, scope: BillingGateway(client).open_balances(scope),
        path="/api/v1/folios",
        query={
            **PROP,
            "limit": "100",
            "status": "pending,open,balance_due,settled,re_opened",
        },
        headers={"x-tenant-id": f"t_{ULID}"},
        answers=(
            {
                "items": [
                    {
                        "id": f"fol_{ULID}",
                        "reservationId": f"res_{ULID}",
                        "balance": money("-5"),
                        "exception": None,
                    }
                ],
                "pagination": {"nextCursor": None, "hasMore": False},
            },
        ),
        expected={f"rsv_{ULID}": money("-5")},
    ),
    Case(
        name="folio exceptions",
        read=lambda client, scope: BillingGateway(client).exception_views(scope),
        path="/api/v1/folios",
        query={**PROP, "limit": "100", "exception": "true"},
        headers={"x-tenant-id": f"t_{ULID}"},
        answers=(
            {
                "items": [
                    {
                        "id": f"fol_{ULID}",
                        "reservationId": f"res_{ULID}",
                        "balance": money("7"),
                        "exception": "departure_unpaid",
                    }
                ]
                * 2,
                "pagination": {"nextCursor": None, "hasMore": False},
            },
        ),
        expected={
            "folio_exceptions": {
                "count": 2,
                "total": money("14"),
                "items": [
                    {
                        "folioId": f"fol_{ULID}",
                        "reservationId": f"rsv_{ULID}",
                        "reason": "departure_unpaid",
                        "balance": money("7"),
                    }
                ]
                * 2,
            }
        },
    ),
    Case(
        name="end of day",
        read=lambda client, scope: BillingGateway(client).end_of_day_views(scope),
        path="/api/v1/end-of-day",
        query=PROP,
        headers={"x-tenant-id": f"t_{ULID}"},
        answers=(
            {
                "businessDate": "2026-03-12",
                "expected": money("100"),
                "counted": money("90"),
                "variance": money("-10"),
                "state": "closed",
            },
        ),
        expected={
            "end_of_day_variance": {
                "businessDate": "2026-03-12",
                "expected": money("100"),
                "counted": money("90"),
                "variance": money("-10"),
            }
        },
    ),
    Case(
        name="own cash drawer",
        read=lambda client, scope: BillingGateway(client).drawer_views(
            replace(scope, operator_id=OPERATOR)
        ),
        path="/api/v1/cash-drawers",
        query={**PROP, "operatorId": OPERATOR},
        headers={"x-tenant-id": f"t_{ULID}"},
        answers=(
            {
                "items": [
                    {"id": "cdr_old", "state": "closed", "balance": None, "openedAt": None},
                    {
                        "id": f"cdr_{ULID}",
                        "state": "open",
                        "balance": money("5"),
                        "openedAt": "2026-03-13T05:00:00.000Z",
                    },
                ]
            },
        ),
        expected={
            "cash_drawer": {
                "state": "open",
                "drawerId": f"cdr_{ULID}",
                "balance": money("5"),
                "openedAt": "2026-03-13T05:00:00.000Z",
            }
        },
    ),
    Case(
        name="lock health",
        read=lambda client, scope: LockIntegrationGateway(client).health_views(scope),
        path="/api/v1/devices",
        query={**PPT, "limit": "500"},
        answers=(
            {
                "items": [
                    {"id": "lck_1", "vendor": "salto", "health": "ok", "batteryPercent": 80},
                    {
                        "id": "lck_2",
                        "vendor": "ttlock",
                        "health": "battery_low",
                        "name": "Room 204",
                        "roomId": f"rmu_{ULID}",
                        "batteryPercent": 7,
                    },
                ]
            },
        ),
        expected={
            "lock_health": {
                "total": 2,
                "attention": 1,
                "items": [
                    {
                        "lockId": "lck_2",
                        "vendor": "ttlock",
                        "issue": "battery_low",
                        "name": "Room 204",
                        "roomId": f"rmu_{ULID}",
                        "batteryPercent": 7,
                    }
                ],
            }
        },
    ),
    Case(
        name="own alerts",
        read=lambda client, scope: NotificationGateway(client).alert_views(
            replace(scope, operator_id=OPERATOR)
        ),
        path="/api/v1/feed",
        query={"recipientId": OPERATOR, "unreadOnly": "true", "limit": "10"},
        answers=(
            {
                "items": [
                    {
                        "id": f"ntf_{ULID}",
                        "severity": "warning",
                        "title": "Boiler",
                        "raisedAt": "2026-03-13T05:00:00.000Z",
                    }
                ],
                "unread": 4,
            },
        ),
        expected={
            "alerts": {
                "unread": 4,
                "items": [
                    {
                        "alertId": f"ntf_{ULID}",
                        "severity": "warning",
                        "title": "Boiler",
                        "raisedAt": "2026-03-13T05:00:00.000Z",
                    }
                ],
            }
        },
    ),
    Case(
        name="staffing",
        read=lambda client, scope: StaffGateway(client).staffing_views(scope),
        path="/api/v1/capacity-snapshot",
        query=PPT,
        headers={"x-tenant-id": f"ten_{ULID}", "x-property-id": f"ppt_{ULID}"},
        answers=(
            {"onDuty": 9, "departments": [{"name": "front_desk", "onDuty": 3, "scheduled": 4}]},
        ),
        expected={
            "staffing": {
                "onDuty": 9,
                "byDepartment": [{"department": "front_desk", "onDuty": 3, "scheduled": 4}],
            }
        },
    ),
    Case(
        name="metrics",
        read=lambda client, scope: AnalyticsGateway(client).metric_views(scope),
        path="/api/v1/analytics/metrics",
        query={**PPT, "keys": "adr,revpar"},
        answers=(
            {
                "items": [
                    {
                        "key": "adr",
                        "date": "2026-03-13",
                        "value": money("90"),
                        "changePercent": 1.5,
                        "computedAt": "2026-03-13T05:00:00.000Z",
                    },
                    {"key": "occupancy", "date": "2026-03-13", "value": 75.0},
                ]
            },
        ),
        expected={
            "adr": {
                "businessDate": "2026-03-13",
                "value": money("90"),
                "changePercent": 1.5,
                "computedAt": "2026-03-13T05:00:00.000Z",
            }
        },
    ),
    Case(
        name="pending payments",
        read=lambda client, scope: PaymentGateway(client).pending_views(scope),
        path="/api/v1/payments/summary",
        query=PPT,
        answers=({"pending": {"count": 2, "total": money("40")}},),
        expected={"payments_pending": {"count": 2, "total": money("40")}},
    ),
    Case(
        name="tenant configuration",
        read=lambda client, scope: TenantGateway(client).config(scope),
        path=f"/api/v1/tenants/tnt_{ULID}/config",
        query={},
        answers=(
            {
                "data": {
                    "complianceProfile": "sharia",
                    "properties": [{"propertyId": f"ppt_{ULID}", "name": "Kabul Garden"}],
                }
            },
        ),
        expected={
            "compliance_profile": "sharia",
            "property_names": {f"prop_{ULID}": "Kabul Garden"},
        },
    ),
)
