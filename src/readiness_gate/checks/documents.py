"""R1.1, R1.2, R9.5: the documents that must exist."""

import re

from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

SERVICE_FOLDER = "services/bff-backoffice-service"
SERVICE_DOCUMENTS = (
    "SERVICE_OVERVIEW",
    "DOMAIN_MODEL",
    "APPLICATION_LOGIC",
    "API_CONTRACTS",
    "EVENT_SCHEMAS",
    "DATA_MODEL",
    "SYNC_CONTRACT",
    "AI_INTEGRATION",
    "SECURITY_MODEL",
    "OBSERVABILITY",
    "TESTING_STRATEGY",
    "DEPLOYMENT_TOPOLOGY",
    "FAILURE_MODES",
    "LOCAL_DEV_SETUP",
    "SERVICE_READINESS",
    "SERVICE_RISK_REGISTER",
    "MIGRATION_PLAN",
)
CATALOGUE_ENTRY = "docs/03-microservices/bff-backoffice-service.md"
HANDOFF_DOCUMENT = f"{SERVICE_FOLDER}/ON_CALL_HANDOFF.md"

_PLACEHOLDER = re.compile(r"\bTBD\b", re.IGNORECASE)


def service_documents_are_complete(inspection: Inspection) -> Finding:
    """R1.1. Whether what the documents say is true is not checked yet, so never *ready*."""
    paths = [f"{SERVICE_FOLDER}/{name}.md" for name in SERVICE_DOCUMENTS]
    faults = {path: fault for path in paths if (fault := document_fault(path, inspection))}
    if faults:
        return not_ready(
            f"{len(paths) - len(faults)} of {len(paths)} documents",
            details=[f"{path}: {fault}" for path, fault in faults.items()],
        )
    return unknown(
        f"{len(paths)} of {len(paths)} documents; not checked yet against the code",
        files=inspection.evidence(*paths),
    )


def catalogue_entry_is_current(inspection: Inspection) -> Finding:
    """R1.2. Whether the entry is current is not checked yet, so never *ready*."""
    if fault := document_fault(CATALOGUE_ENTRY, inspection):
        return not_ready(f"the catalogue entry is {fault}", details=[CATALOGUE_ENTRY])
    return unknown("currency not checked yet", files=inspection.evidence(CATALOGUE_ENTRY))


def handoff_document_exists(inspection: Inspection) -> Finding:
    """R9.5."""
    if fault := document_fault(HANDOFF_DOCUMENT, inspection):
        return not_ready(f"the handoff document is {fault}", details=[HANDOFF_DOCUMENT])
    return ready(files=inspection.evidence(HANDOFF_DOCUMENT))


def document_fault(path: str, inspection: Inspection) -> str:
    """Say what keeps a document from being complete; empty when nothing does.

    Complete is at least: there, with text under its headings, and nothing left to be determined.
    """
    if not inspection.exists(path):
        return "missing"
    text = inspection.text(path)
    if not any(line.strip() and not line.startswith("#") for line in text.splitlines()):
        return "empty"
    if _PLACEHOLDER.search(text):
        return "unfinished (TBD)"
    return ""
