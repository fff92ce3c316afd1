"""Plants the seed: the same hotel group on every machine, dated from each hotel's open day."""

import secrets
from collections.abc import Iterator
from typing import Final

from upstream_simulator.clock import Clock, open_hotel_day
from upstream_simulator.documents import Document, stored, to_json
from upstream_simulator.iam.passwords import credential_fact
from upstream_simulator.identifiers import stable_id, stable_ulid
from upstream_simulator.seed import (
    billing,
    doors,
    figures,
    insights,
    reservations,
    rooms,
    tenants,
    work,
)
from upstream_simulator.seed.hotel_group import TENANTS, TenantPlan
from upstream_simulator.seed.plot import Plot
from upstream_simulator.seed.stays import draw_stays
from upstream_simulator.state import State, StoredObject

PLANTED: Final = "seed.planted"
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def plant_once(state: State, clock: Clock) -> None:
    """Plant the seed unless this state directory has it."""
    with state.transaction():
        if state.fact(PLANTED) is None:
            _plant(state, clock)


def plant_again(state: State, clock: Clock) -> None:
    """Go back to the seed; keys, passwords and TOTP secrets stay."""
    with state.transaction():
        state.forget_all()
        _plant(state, clock)


def directory() -> list[tuple[TenantPlan, str]]:
    """Return the companies with their ids."""
    return [(tenant, stable_id("tnt", f"tenant/{tenant.slug}")) for tenant in TENANTS]


def directory_document(state: State) -> list[Document]:
    """Return the `tenants` array of `.sandbox/endpoints.json`."""
    return [_directory_entry(state, tenant, identifier) for tenant, identifier in directory()]


def _plant(state: State, clock: Clock) -> None:
    state.put_all(_objects(clock))
    for tenant in TENANTS:
        for operator in tenant.operators:
            _give_credentials(state, stable_id("opr", operator.username))
    state.remember(PLANTED, "1")


def _objects(clock: Clock) -> Iterator[StoredObject]:
    for tenant in TENANTS:
        yield from tenants.tenant_objects(tenant)
        for plan in tenant.properties:
            day = open_hotel_day(clock.now(), zone_name=plan.timezone)
            yield from _property_seed(Plot(tenant=tenant, plan=plan, day=day))


def _property_seed(plot: Plot) -> Iterator[StoredObject]:
    stays = draw_stays(plot)
    yield from rooms.property_objects(plot)
    clean_rooms = list(rooms.housekeeping_rooms(plot, stays))
    yield from clean_rooms
    yield from work.housekeeping_tasks(plot, stays, clean_rooms)
    yield from work.work_orders(plot)
    yield from reservations.reservation_objects(plot, stays)
    yield from billing.billing_objects(plot, stays)
    yield from doors.lock_objects(plot, stays)
    yield from insights.suggestion_objects(plot)
    yield from insights.alert_objects(plot)
    yield from figures.shift_objects(plot)
    yield from figures.rate_plan_objects(plot)
    yield from figures.metric_objects(plot, stays)


def _give_credentials(state: State, operator_id: str) -> None:
    if state.fact(credential_fact(operator_id)) is not None:
        return
    secret = "".join(_BASE32[byte & 31] for byte in secrets.token_bytes(32))
    credential = {"password": secrets.token_urlsafe(12), "totpSecret": secret}
    state.remember(credential_fact(operator_id), to_json(credential))


def _directory_entry(state: State, tenant: TenantPlan, identifier: str) -> Document:
    return {
        "id": identifier,
        "name": tenant.legal_name,
        "complianceProfile": tenant.compliance_profile,
        "properties": [
            {"id": f"prop_{stable_ulid(f'property/{plan.slug}')}", "name": plan.name}
            for plan in tenant.properties
        ],
        "operators": [
            _directory_operator(state, stable_id("opr", operator.username))
            for operator in tenant.operators
        ],
    }


def _directory_operator(state: State, operator_id: str) -> Document:
    operator = state.get("iam", operator_id)
    credential = stored(state.fact(credential_fact(operator_id)) or "{}")
    body = operator.body if operator is not None else {}
    return {
        "id": operator_id,
        "username": body["username"],
        "password": credential["password"],
        "roles": body["roles"],
        "propertyIds": body["propertyIds"],
        "totpSecret": credential["totpSecret"],
    }
