"""The seed of tenant-service and iam: companies, settings, memberships, who signs in."""

from collections.abc import Iterator

from upstream_simulator.documents import Document
from upstream_simulator.identifiers import stable_id, stable_ulid
from upstream_simulator.seed.hotel_group import MICRO, OperatorPlan, PropertyPlan, TenantPlan
from upstream_simulator.state import StoredObject


def tenant_objects(tenant: TenantPlan) -> Iterator[StoredObject]:
    """Yield the company with its settings, and its people in tenant-service and iam."""
    ulid = stable_ulid(f"tenant/{tenant.slug}")
    yield StoredObject(
        upstream="tenant",
        kind="tenant",
        id=f"tnt_{ulid}",
        tenant=ulid,
        status="active",
        body=_tenant_body(tenant, ulid),
    )
    for operator in tenant.operators:
        operator_id = stable_id("opr", operator.username)
        yield _iam_operator(operator, operator_id, ulid)
        yield _membership(tenant, operator, operator_id, ulid)


def property_ulid(slug: str) -> str:
    """Return a hotel's bare ULID."""
    return stable_ulid(f"property/{slug}")


def _tenant_body(tenant: TenantPlan, ulid: str) -> Document:
    currency = tenant.properties[0].currency
    largest = max(kind.nightly_micro for kind in tenant.properties[0].room_types)
    return {
        "id": f"tnt_{ulid}",
        "slug": tenant.slug,
        "legalName": tenant.legal_name,
        "country": tenant.country,
        "state": "active",
        "version": 1,
        "config": {
            "tenantId": f"tnt_{ulid}",
            "complianceProfile": tenant.compliance_profile,
            "defaultLocale": tenant.locale,
            "locales": list(tenant.locales),
            "currency": currency,
            "limits": {
                "folioLargeAmount": {
                    "amountMicro": str(largest * 3 // MICRO * MICRO),
                    "currency": currency,
                }
            },
            "properties": [_config_property(plan) for plan in tenant.properties],
            "themeVersion": "2025.1",
            "version": 1,
        },
    }


def _config_property(plan: PropertyPlan) -> Document:
    ulid = property_ulid(plan.slug)
    return {
        "propertyId": f"ppt_{ulid}",
        "organizationUnitId": f"org_{ulid}",
        "name": plan.name,
        "timezone": plan.timezone,
        "currency": plan.currency,
        "checkInTime": "14:00",
        "checkOutTime": "12:00",
    }


def _iam_operator(operator: OperatorPlan, operator_id: str, tenant_ulid: str) -> StoredObject:
    return StoredObject(
        upstream="iam",
        kind="operator",
        id=operator_id,
        tenant=tenant_ulid,
        parent=operator.username,
        status="active",
        body={
            "id": operator_id,
            "username": operator.username,
            "roles": [operator.role],
            "propertyIds": [f"prop_{property_ulid(slug)}" for slug in operator.property_slugs],
        },
    )


def _membership(
    tenant: TenantPlan, operator: OperatorPlan, operator_id: str, tenant_ulid: str
) -> StoredObject:
    scope = [
        {"organizationUnitId": f"org_{ulid}", "propertyId": f"ppt_{ulid}"}
        for ulid in map(property_ulid, operator.property_slugs)
    ]
    return StoredObject(
        upstream="tenant",
        kind="membership",
        id=stable_id("mbr", operator.username),
        tenant=tenant_ulid,
        parent=operator_id,
        status="active",
        body={
            "operatorId": operator_id,
            "tenantId": f"tnt_{tenant_ulid}",
            "membershipId": stable_id("mbr", operator.username),
            "state": "active",
            "roles": [operator.role],
            "propertyScope": scope,
            "primaryPropertyId": scope[0]["propertyId"],
            "displayName": operator.display_name,
            "locale": tenant.locale,
            "version": 1,
        },
    )
