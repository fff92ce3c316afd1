"""Turns a row's proofs into its one verdict: a row holds when all its proofs do."""

import msgspec

from readiness_gate import declarations
from readiness_gate.attestations import find_attestation
from readiness_gate.finding import Finding, Verdict, not_ready
from readiness_gate.inspection import Inspection
from readiness_gate.row import Kind, Proof, Row
from readiness_gate.waivers import Waiver

WORST_FIRST = (
    Verdict.NOT_READY,
    Verdict.UNKNOWN,
    Verdict.DECLARED_ONLY,
    Verdict.SELF_VERIFIED,
    Verdict.REHEARSED,
    Verdict.READY,
)


class ProofFinding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one proof of a row came to."""

    kind: Kind
    check: str | None
    finding: Finding


class RowVerdict(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the gate says about a row, and what it rests on. A waiver hides no finding."""

    row: str
    verdict: Verdict
    reason: str
    proofs: tuple[ProofFinding, ...]
    waiver: Waiver | None = None

    def __str__(self) -> str:
        return f"{self.verdict} ({self.reason})" if self.reason else self.verdict.value


def judge_proof(row: Row, proof: Proof, inspection: Inspection) -> Finding:
    """Ask one proof. Raises whatever a broken check raises."""
    if proof.kind is Kind.DECLARED:
        return declarations.judge(row.id, proof.check, inspection)
    if proof.check is not None:
        return proof.check(inspection)
    if proof.kind is Kind.ATTESTED:
        return find_attestation(row.id, inspection)
    return not_ready("no check yet")


def combine(row: Row, findings: tuple[Finding, ...], waiver: Waiver | None) -> RowVerdict:
    """Return the worst of the findings, or *waived* where a waiver lets a failing row pass."""
    proofs = tuple(
        ProofFinding(
            kind=proof.kind,
            check=proof.check.__name__ if proof.check else None,
            finding=finding,
        )
        for proof, finding in zip(row.proofs, findings, strict=True)
    )
    verdict = min((finding.verdict for finding in findings), key=WORST_FIRST.index)
    reason = "; ".join(dict.fromkeys(f.reason for f in findings if f.reason))
    if waiver is None or verdict.passes:
        return RowVerdict(row=row.id, verdict=verdict, reason=reason, proofs=proofs)
    return RowVerdict(
        row=row.id,
        verdict=Verdict.WAIVED,
        reason=f"by {waiver.approver} until {waiver.end_date}; else {verdict}: {reason}",
        proofs=proofs,
        waiver=waiver,
    )
