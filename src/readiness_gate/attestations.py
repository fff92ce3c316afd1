"""Slots for what a person decides. The gate reads them and never fills one.

No signature can be verified yet, so a filled slot is *unknown*: it cannot make a row ready.
"""

from readiness_gate.finding import Finding, not_ready, unknown
from readiness_gate.inspection import Inspection

ATTESTATIONS_FOLDER = "readiness/attestations"


def find_attestation(row_id: str, inspection: Inspection) -> Finding:
    """Say whether the row's slot, `readiness/attestations/<row>.json`, is filled."""
    path = f"{ATTESTATIONS_FOLDER}/{row_id}.json"
    if not inspection.exists(path):
        return not_ready("no attestation")
    return unknown(
        "its attestation's signature is not verified yet", files=inspection.evidence(path)
    )
