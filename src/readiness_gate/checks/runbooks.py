"""R9.3: a runbook for each failure that pages someone."""

import re

from readiness_gate.finding import Finding, not_ready, ready
from readiness_gate.inspection import Inspection

FAILURES = ("F-1", "F-4", "F-10", "F-13", "F-17", "F-18", "F-27", "F-28", "F-30", "F-32")
RUNBOOKS_PATTERN = "docs/runbooks/*.md"
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Back to normal when")
FIRST_LINES = 5
"""Where a runbook names its failures, so that a mention in passing is not taken for one."""

_FAILURE = re.compile(r"\bF-\d+\b")
_PLACEHOLDER = re.compile(r"\b(TBD|TODO)\b", re.IGNORECASE)


def failure_runbooks_exist(inspection: Inspection) -> Finding:
    """R9.3. A runbook counts when it has all five sections and nothing left to write."""
    covered: dict[str, str] = {}
    faults: list[str] = []
    for path in inspection.paths(RUNBOOKS_PATTERN):
        text = inspection.text(path)
        named = set(_FAILURE.findall("\n".join(text.splitlines()[:FIRST_LINES])))
        if fault := _fault(text):
            faults += [f"{path}: {fault}"] if named & set(FAILURES) else []
        else:
            covered |= dict.fromkeys(named, path)
    missing = [failure for failure in FAILURES if failure not in covered]
    if missing:
        return not_ready(
            f"{len(FAILURES) - len(missing)} of {len(FAILURES)} runbooks",
            details=[*faults, *(f"{failure}: no complete runbook" for failure in missing)],
        )
    return ready(files=inspection.evidence(*sorted({covered[failure] for failure in FAILURES})))


def _fault(text: str) -> str:
    headings = {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}
    if missing := [section for section in SECTIONS if section not in headings]:
        return f"no section {', '.join(missing)}"
    return "unfinished" if _PLACEHOLDER.search(text) else ""
