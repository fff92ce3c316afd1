"""R6.8: no dependency with a known vulnerability."""

import sys

import msgspec

from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

AUDIT_TOOL = "tools/audit_dependencies.py"
AUDIT_REPORT = "reports/audit.json"
ECOSYSTEMS = frozenset({"PyPI", "npm"})


class _Audit(msgspec.Struct):
    verdict: str
    findings: tuple[str, ...] = ()
    reason: str = ""


def dependency_audit_is_clean(inspection: Inspection) -> Finding:
    """R6.8. A database that could not be asked is *unknown*, whatever the tool's exit code."""
    if not inspection.exists(AUDIT_TOOL):
        return unknown(f"could not ask: there is no {AUDIT_TOOL}")
    # What an earlier run wrote must not pass for this one's answer.
    (inspection.root / AUDIT_REPORT).unlink(missing_ok=True)
    result = inspection.run(sys.executable, AUDIT_TOOL)
    commands = (result.evidence,)
    if not inspection.exists(AUDIT_REPORT):
        last_line = result.failure or result.output.strip().rpartition("\n")[2]
        return unknown(f"could not ask: {last_line}", commands=commands)
    report = inspection.text(AUDIT_REPORT)
    audits = msgspec.json.decode(report, type=dict[str, _Audit])
    files = inspection.evidence(AUDIT_REPORT)
    if findings := [finding for audit in audits.values() for finding in audit.findings]:
        return not_ready(
            f"known vulnerabilities: {len(findings)}",
            details=findings,
            commands=commands,
            files=files,
        )
    unasked = sorted(name for name in ECOSYSTEMS | set(audits) if not _is_clean(audits.get(name)))
    if unasked or result.exit_code != 0:
        return unknown(
            f"could not ask {' and '.join(unasked)}" if unasked else "the audit failed",
            details=[f"{name}: {audit.reason}" for name, audit in audits.items()],
            commands=commands,
            files=files,
        )
    return ready(commands=commands, files=files)


def _is_clean(audit: _Audit | None) -> bool:
    return audit is not None and audit.verdict == "clean"
