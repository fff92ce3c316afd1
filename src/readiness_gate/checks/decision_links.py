"""R1.5: the overview links every decision record."""

import posixpath
import re

from readiness_gate.checks.documents import SERVICE_FOLDER
from readiness_gate.finding import Finding, not_ready, ready
from readiness_gate.inspection import Inspection

OVERVIEW = f"{SERVICE_FOLDER}/SERVICE_OVERVIEW.md"
DECISION_RECORDS_PATTERN = "docs/decisions/[0-9]*.md"

_LINK = re.compile(r"\[([^\]]*)\]\(<?([^)>#\s]+)[^)]*\)")
_ELECTRON_DECISION = "ADR-0003"


def decision_records_are_linked(inspection: Inspection) -> Finding:
    """R1.5. ADR-0003 is the platform's record, not the one that this service numbers 0003."""
    if not inspection.exists(OVERVIEW):
        return not_ready("SERVICE_OVERVIEW is missing")
    links = [
        (text, posixpath.normpath(posixpath.join(SERVICE_FOLDER, target)))
        for text, target in _LINK.findall(inspection.text(OVERVIEW))
    ]
    records = inspection.paths(DECISION_RECORDS_PATTERN)
    linked = {target for _, target in links}
    missing = [path for path in records if path not in linked]
    if not any(_ELECTRON_DECISION in text and target not in records for text, target in links):
        missing.append(_ELECTRON_DECISION)
    if missing:
        return not_ready(f"decision records not linked: {len(missing)}", details=missing)
    return ready(files=inspection.evidence(OVERVIEW, *records))
