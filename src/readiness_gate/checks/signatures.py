"""R11.1, R11.2: seven people sign, and the signed snapshot is committed.

No signature can be verified yet. A file in a slot therefore counts for nothing: it turns the
row from *not ready* to *unknown*, never to *ready*.
"""

import re

from readiness_gate.finding import Finding, not_ready, unknown
from readiness_gate.inspection import Inspection
from readiness_gate.row import Role
from readiness_gate.snapshot import SNAPSHOTS_FOLDER, UNSIGNED_HEADING

SIGNATURES_FOLDER = "readiness/signatures"


def signature_slot(role: Role) -> str:
    """Return where a role's signature lies: `readiness/signatures/security_reviewer.json`."""
    name = "_".join(re.findall(r"[a-z]+", role.value.partition("(")[0].lower()))
    return f"{SIGNATURES_FOLDER}/{name}.json"


def seven_signatures_hold(inspection: Inspection) -> Finding:
    """R11.1."""
    empty = [role.value for role in Role if not inspection.exists(signature_slot(role))]
    if empty:
        return not_ready(
            f"{len(Role) - len(empty)} of {len(Role)} signatures",
            details=[f"{role}: no signature" for role in empty],
        )
    return unknown("seven signatures; none is verified yet")


def signed_snapshot_is_committed(inspection: Inspection) -> Finding:
    """R11.2."""
    snapshots = inspection.paths(f"{SNAPSHOTS_FOLDER}/*.md")
    signed = [path for path in snapshots if not inspection.text(path).startswith(UNSIGNED_HEADING)]
    if not snapshots:
        return not_ready("no snapshot")
    if not signed:
        return not_ready("only unsigned drafts", details=snapshots)
    return unknown("a snapshot's signatures are not verified yet", details=signed)
