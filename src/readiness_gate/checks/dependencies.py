"""R6.8: no dependency with a known vulnerability."""

import sys

from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

AUDIT_TOOL = "tools/audit_dependencies.py"
COULD_NOT_ASK = "could not ask"
"""What the tool prints for a database that it could not reach; it then still exits 0."""

_FOUND_SOMETHING = 1


def dependency_audit_is_clean(inspection: Inspection) -> Finding:
    """R6.8. A database that was not asked is *unknown*, whatever the tool's exit code."""
    if not inspection.exists(AUDIT_TOOL):
        return unknown(f"could not ask: there is no {AUDIT_TOOL}")
    result = inspection.run(sys.executable, AUDIT_TOOL)
    commands = (result.evidence,)
    lines = result.output.strip().splitlines() or ["(no output)"]
    if result.exit_code is None:
        return unknown(result.failure, commands=commands)
    if result.exit_code == _FOUND_SOMETHING:
        return not_ready("the audit found something", details=lines, commands=commands)
    if unasked := [line for line in lines if COULD_NOT_ASK in line.lower()]:
        return unknown(unasked[0].strip(), details=lines, commands=commands)
    if result.exit_code != 0:
        return unknown(f"the audit failed: {lines[-1]}", details=lines, commands=commands)
    return ready(commands=commands)
