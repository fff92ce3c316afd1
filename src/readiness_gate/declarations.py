"""Infrastructure as code: which files declare a row, are they valid, was it ever applied.

A manifest under `deploy/` says which row it serves in a comment: `readiness: R7.1`. An apply
record is `readiness/applied/<row>.json`; its signature cannot be verified yet, so that the most
a declared row can come to is *declared only*.
"""

import re

from readiness_gate.finding import Finding, Verdict, not_ready, unknown
from readiness_gate.inspection import Check, Inspection

MANIFESTS_PATTERN = "deploy/**/*"
MANIFEST_BYTES_MAX = 1024 * 1024
APPLIED_FOLDER = "readiness/applied"


def judge(row_id: str, validate: Check | None, inspection: Inspection) -> Finding:
    """Judge a declared row: no manifests, not valid, not applied, or not verifiably applied."""
    manifests = find_manifests(row_id, inspection)
    if not manifests:
        return not_ready("no manifests")
    files = inspection.evidence(*manifests)
    if validate is None:
        return unknown("its manifests are not validated yet", files=files)
    validation = validate(inspection)
    if validation.verdict is not Verdict.READY:
        return validation
    if inspection.exists(f"{APPLIED_FOLDER}/{row_id}.json"):
        return unknown("its apply record's signature is not verified yet", files=files)
    return Finding(verdict=Verdict.DECLARED_ONLY, reason="no apply record", files=files)


def find_manifests(row_id: str, inspection: Inspection) -> tuple[str, ...]:
    """Return the manifests that name this row."""
    marker = re.compile(rb"\breadiness:.*\b" + re.escape(row_id).encode() + rb"(?!\d)")
    return tuple(
        path
        for path in inspection.paths(MANIFESTS_PATTERN)
        if marker.search(_head(inspection, path))
    )


def _head(inspection: Inspection, path: str) -> bytes:
    with (inspection.root / path).open("rb") as file:
        return file.read(MANIFEST_BYTES_MAX)
