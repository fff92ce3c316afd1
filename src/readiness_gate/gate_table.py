"""The whole gate, in the source's order."""

from readiness_gate.row import Row, Section
from readiness_gate.rows.code_quality import CODE_QUALITY
from readiness_gate.rows.compliance import COMPLIANCE
from readiness_gate.rows.documentation import DOCUMENTATION
from readiness_gate.rows.observability import OBSERVABILITY
from readiness_gate.rows.operations import OPERATIONS
from readiness_gate.rows.performance import PERFORMANCE
from readiness_gate.rows.release import RELEASE
from readiness_gate.rows.reliability import RELIABILITY
from readiness_gate.rows.security import SECURITY
from readiness_gate.rows.sign_off import SIGN_OFF
from readiness_gate.rows.tests import TESTS

SECTIONS: tuple[Section, ...] = (
    DOCUMENTATION,
    CODE_QUALITY,
    TESTS,
    PERFORMANCE,
    OBSERVABILITY,
    SECURITY,
    RELIABILITY,
    RELEASE,
    OPERATIONS,
    COMPLIANCE,
    SIGN_OFF,
)

ROWS: tuple[Row, ...] = tuple(row for section in SECTIONS for row in section.rows)


def find_row(row_id: str) -> Row | None:
    """Return the row of this id, or None."""
    return next((row for row in ROWS if row.id == row_id), None)
