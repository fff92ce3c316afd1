"""Section 1: documentation completeness."""

from readiness_gate.checks.api_document import api_document_is_current
from readiness_gate.checks.decision_links import decision_records_are_linked
from readiness_gate.checks.documents import (
    catalogue_entry_is_current,
    service_documents_are_complete,
)
from readiness_gate.checks.event_schemas import event_schemas_are_registered
from readiness_gate.row import Role, Row, Section, auto

DOCUMENTATION = Section(
    number=1,
    title="Documentation completeness",
    rows=(
        Row(
            id="R1.1",
            wording="All 17 specs in this folder complete (no TBD).",
            reading=(
                "All 17 service documents are complete, hold no TBD, and are true of the code: "
                "names, routes and numbers are checked, not only present."
            ),
            proofs=(auto(service_documents_are_complete),),
            owner=Role.SERVICE_LEAD,
            hint="Write the missing documents in services/bff-backoffice-service/.",
        ),
        Row(
            id="R1.2",
            wording="03-microservices/bff-backoffice-service.md up to date.",
            reading="The one-page catalogue entry in docs/03-microservices/ is current.",
            proofs=(auto(catalogue_entry_is_current),),
            owner=Role.SERVICE_LEAD,
            hint="Write docs/03-microservices/bff-backoffice-service.md.",
        ),
        Row(
            id="R1.3",
            wording="OpenAPI generated and committed.",
            reading=(
                "openapi/openapi.yaml is generated from the code, committed, and equal to what "
                "the code generates now."
            ),
            proofs=(auto(api_document_is_current),),
            owner=Role.SERVICE_LEAD,
            hint="Renew openapi/openapi.yaml with make generate, and commit it.",
        ),
        Row(
            id="R1.4",
            wording=("Event schemas registered in @ghasi/event-envelope/schemas/bff-backoffice/."),
            reading=(
                "Every event published or consumed has a JSON schema in "
                "packages/event-envelope/schemas/bff-backoffice/; every event really emitted "
                "validates against it."
            ),
            proofs=(auto(event_schemas_are_registered),),
            owner=Role.SERVICE_LEAD,
            hint="Commit a JSON schema for each event, and validate what the service emits.",
        ),
        Row(
            id="R1.5",
            wording=(
                "All ADRs that affect this BFF linked from SERVICE_OVERVIEW (notably ADR-0003)."
            ),
            reading=(
                "SERVICE_OVERVIEW links every decision record of this service, and ADR-0003 "
                "(Electron, offline first) above all."
            ),
            proofs=(auto(decision_records_are_linked),),
            owner=Role.SERVICE_LEAD,
            hint="Link each file of docs/decisions/ and ADR-0003 from SERVICE_OVERVIEW.md.",
        ),
        Row(
            id="R1.6",
            wording=(
                "contextBridge API surface documented in @ghasi/desktop-bridge-types and matches "
                "API_CONTRACTS §35."
            ),
            reading=(
                "The desktop's bridge (window.melmastoon.*) is typed in "
                "packages/desktop-bridge-types, documented as API_CONTRACTS §35, and the two are "
                "equal."
            ),
            proofs=(auto(),),
            owner=Role.DESKTOP_LEAD,
            hint="Write API_CONTRACTS §35 and compare it with the typed bridge.",
        ),
    ),
)
