"""Each upstream prints its own "canonical" event envelope; this is what they are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from upstream_simulator.documents import Document

NO_TRACE: Final = "00-00000000000000000000000000000000-0000000000000000-00"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What every envelope is made of. `tenant` is a bare ULID, empty for the platform."""

    upstream: str
    event_id: str
    correlation_id: str
    subject: str
    tenant: str
    key: str
    payload: Document
    time: str

    def tenant_id(self, prefix: str = "tnt") -> str | None:
        """Return the tenant in a dialect's form."""
        return f"{prefix}_{self.tenant}" if self.tenant else None


def enveloped(facts: EventFacts) -> Document:
    """Return the event as this upstream publishes it."""
    return _ENVELOPES.get(facts.upstream, _event_envelope)(facts)


def _iam(facts: EventFacts) -> Document:
    return {
        "eventId": facts.event_id,
        "subject": facts.subject,
        "eventVersion": 1,
        "occurredAt": facts.time,
        "publishedAt": facts.time,
        "producer": "iam-service",
        "producerVersion": "1.0.0",
        "tenantId": facts.tenant_id("ten"),
        "partitionKey": facts.key,
        "traceparent": NO_TRACE,
        "correlationId": facts.correlation_id,
        "idempotencyKey": facts.event_id,
        "retentionClass": "security",
        "payload": facts.payload,
    }


def _tenant(facts: EventFacts) -> Document:
    return {
        "specVersion": "1.0",
        "id": facts.event_id,
        "source": "tenant-service",
        "type": facts.subject,
        "subject": facts.tenant_id(),
        "tenantId": facts.tenant_id(),
        "time": facts.time,
        "traceparent": NO_TRACE,
        "causationId": None,
        "correlationId": facts.correlation_id,
        "actor": {"type": "system", "id": "tenant-service"},
        "schema": f"https://schemas.melmastoon.io/tenant/{facts.subject}.json",
        "data": facts.payload,
    }


def _property(facts: EventFacts) -> Document:
    kind = "property.room" if ".room." in facts.subject else "property"
    return {
        "eventId": facts.event_id,
        "eventType": facts.subject,
        "schemaVersion": 1,
        "occurredAt": facts.time,
        "tenantId": facts.tenant_id(),
        "aggregate": {"type": kind, "id": facts.key},
        "version": 1,
        "producer": {"service": "property-service", "version": "1.0.0"},
        "trace": {"traceId": "0" * 32, "spanId": "0" * 16, "correlationId": facts.correlation_id},
        "data": facts.payload,
    }


def _event_envelope(facts: EventFacts) -> Document:
    return {
        "eventId": facts.event_id,
        "eventType": facts.subject,
        "eventVersion": 1,
        "occurredAt": facts.time,
        "tenantId": facts.tenant_id(),
        "correlationId": facts.correlation_id,
        "causationId": None,
        "producedBy": {"service": f"{facts.upstream}-service"},
        "metadata": {
            "dataResidency": "gcp-me-central1",
            "orderingKey": f"{facts.tenant_id()}:{facts.key}",
        },
        "payload": facts.payload,
    }


def _inventory(facts: EventFacts) -> Document:
    return {
        "eventId": facts.event_id,
        "subject": facts.subject,
        "source": "inventory-service",
        "tenantId": facts.tenant_id(),
        "aggregateKind": "RoomAllocation",
        "aggregateId": facts.key,
        "occurredAt": facts.time,
        "publishedAt": facts.time,
        "schemaVersion": 1,
        "correlationId": facts.correlation_id,
        "orderingKey": f"{facts.tenant_id()}:{facts.key}",
        "retentionClass": "operational",
        "payload": facts.payload,
    }


def _pricing(facts: EventFacts) -> Document:
    return {
        "id": facts.event_id,
        "subject": facts.subject,
        "specVersion": "1.0",
        "occurredAt": facts.time,
        "producer": "pricing-service@1.42.0",
        "tenantId": facts.tenant_id(),
        "correlationId": facts.correlation_id,
        "causationId": None,
        "traceparent": NO_TRACE,
        "schemaUri": f"https://schemas.melmastoon.io/pricing/{facts.subject}.json",
        "data": facts.payload,
    }


def _housekeeping(facts: EventFacts) -> Document:
    return {
        "specVersion": "1.0",
        "id": facts.event_id,
        "subject": facts.subject,
        "tenantId": facts.tenant_id(),
        "occurredAt": facts.time,
        "producer": "housekeeping-service@1.4.2",
        "traceparent": NO_TRACE,
        "actor": {"type": "system", "id": "housekeeping-service"},
        "correlationId": facts.correlation_id,
        "causationId": None,
        "payload": facts.payload,
    }


def _lock(facts: EventFacts) -> Document:
    return {
        "specVersion": "1.0",
        "id": facts.event_id,
        "subject": facts.subject,
        "type": facts.subject,
        "source": "/services/lock-integration-service",
        "time": facts.time,
        "tenantId": facts.tenant_id(),
        "traceId": "0" * 32,
        "correlationId": facts.payload.get("reservationId", facts.correlation_id),
        "causationId": None,
        "schemaUrl": f"https://schemas.melmastoon.io/lock/{facts.subject}.json",
        "data": facts.payload,
    }


def _billing(facts: EventFacts) -> Document:
    return {
        "specversion": "1.0",
        "id": facts.event_id,
        "source": "service:billing",
        "type": facts.subject,
        "time": facts.time,
        "datacontenttype": "application/json",
        "subject": facts.key,
        "tenantid": facts.tenant_id("t"),
        "traceparent": NO_TRACE,
        "data": facts.payload,
    }


def _payment(facts: EventFacts) -> Document:
    return {
        **_billing(facts),
        "source": "//melmastoon/payment-gateway-service",
        "subject": f"{facts.tenant_id()}/payments/{facts.key}",
        "tenantid": facts.tenant_id(),
        "dataschema": f"https://schemas.melmastoon.io/payment/{facts.subject}.json",
        "correlationid": facts.correlation_id,
    }


def _ai(facts: EventFacts) -> Document:
    return {
        "id": facts.event_id,
        "subject": facts.key,
        "source": "ai-orchestrator-service",
        "specVersion": "1.0",
        "type": facts.subject,
        "time": facts.time,
        "tenantId": facts.tenant_id(),
        "correlation": {"traceId": "0" * 32, "requestId": facts.correlation_id},
        "data": facts.payload,
        "retention": "operational",
        "schemaUri": f"https://schemas.melmastoon.io/ai/{facts.subject}.json",
    }


def _staff(facts: EventFacts) -> Document:
    return {
        "eventId": facts.event_id,
        "eventType": facts.subject,
        "eventVersion": 1,
        "schemaUri": f"https://schemas.melmastoon.io/staff/{facts.subject}.json",
        "tenantId": facts.tenant_id("ten"),
        "correlationId": facts.correlation_id,
        "occurredAt": facts.time,
        "producedBy": "staff-service",
        "payload": facts.payload,
        "metadata": {"retentionClass": "standard"},
    }


def _analytics(facts: EventFacts) -> Document:
    return {
        "id": facts.event_id,
        "subject": facts.subject,
        "occurredAt": facts.time,
        "tenantId": facts.tenant_id(),
        "correlationId": facts.correlation_id.replace("req_", "cor_"),
        "producedBy": {"service": "analytics-service", "version": "1.0.0", "instance": "1"},
        "metadata": {
            "schemaVersion": 1,
            "dataResidency": "AF",
            "orderingKey": facts.key,
            "retentionClass": "operational",
        },
        "payload": facts.payload,
    }


_ENVELOPES: Final[dict[str, Callable[[EventFacts], Document]]] = {
    "iam": _iam,
    "tenant": _tenant,
    "property": _property,
    "inventory": _inventory,
    "pricing": _pricing,
    "housekeeping": _housekeeping,
    "lock-integration": _lock,
    "billing": _billing,
    "payment": _payment,
    "ai-orchestrator": _ai,
    "staff": _staff,
    "analytics": _analytics,
}
