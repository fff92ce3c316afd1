"""R3.1: how much of the service the unit tests run."""

from datetime import timedelta

import msgspec

from readiness_gate.finding import Finding, not_ready, ready
from readiness_gate.inspection import Inspection
from readiness_gate.records import RECORDS_FOLDER, Recording, StaleEvidenceError, read_record

STATEMENTS_PERCENT_MIN = 90.0
BRANCHES_PERCENT_MIN = 85.0

_DATA_FILE = f"--data-file={RECORDS_FOLDER}/.coverage"
UNIT_COVERAGE = Recording(
    row="R3.1",
    steps=(
        ("-m", "coverage", "run", _DATA_FILE, "-m", "pytest", "-q", "tests/unit"),
        ("-m", "coverage", "json", _DATA_FILE, "-o", f"{RECORDS_FOLDER}/R3.1.coverage.json"),
    ),
    tools=("coverage", "pytest"),
    raw_output="R3.1.coverage.json",
    time_limit=timedelta(minutes=20),
)


class _Totals(msgspec.Struct, kw_only=True):
    covered_lines: int
    num_statements: int
    covered_branches: int
    num_branches: int


class _CoverageReport(msgspec.Struct, kw_only=True):
    totals: _Totals


def unit_coverage_is_enough(inspection: Inspection) -> Finding:
    """R3.1, from a record of these very sources."""
    try:
        result = read_record(UNIT_COVERAGE, inspection)
    except StaleEvidenceError as error:
        return not_ready(f"stale evidence: {error}")
    files = inspection.evidence(*result.paths)
    if any(result.record.exit_codes):
        return not_ready("the recorded tests failed", files=files)
    totals = msgspec.json.decode(result.raw_output, type=_CoverageReport).totals
    statements = _percent(totals.covered_lines, totals.num_statements)
    branches = _percent(totals.covered_branches, totals.num_branches)
    if statements < STATEMENTS_PERCENT_MIN or branches < BRANCHES_PERCENT_MIN:
        return not_ready(f"{statements:.1f} % statements, {branches:.1f} % branches", files=files)
    return ready(files=files)


def _percent(part: int, whole: int) -> float:
    # Nothing measured is not everything covered.
    return 100.0 * part / whole if whole else 0.0
