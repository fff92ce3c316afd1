"""Section 2: code quality."""

from readiness_gate.checks.import_boundaries import import_boundaries_hold
from readiness_gate.checks.justified_any import every_any_is_justified
from readiness_gate.checks.static_analysis import lint_is_clean, types_are_clean
from readiness_gate.row import Role, Row, Section, auto

CODE_QUALITY = Section(
    number=2,
    title="Code quality",
    rows=(
        Row(
            id="R2.1",
            wording="pnpm lint clean.",
            reading="ruff finds nothing and would reformat nothing.",
            proofs=(auto(lint_is_clean),),
            owner=Role.SERVICE_LEAD,
            hint="Run ruff check and ruff format, and repair what they say.",
        ),
        Row(
            id="R2.2",
            wording="pnpm typecheck clean.",
            reading="mypy and pyright, both strict, find nothing in src, tests and tools.",
            proofs=(auto(types_are_clean),),
            owner=Role.SERVICE_LEAD,
            hint="Run mypy and pyright, and repair what they say.",
        ),
        Row(
            id="R2.3",
            wording="No any outside justified // allow-any.",
            reading="No line of the sources says Any without `# allow-any: why` on it.",
            proofs=(auto(every_any_is_justified),),
            owner=Role.SERVICE_LEAD,
            hint="Give the value a type, or write `# allow-any: why` on the line.",
        ),
        Row(
            id="R2.4",
            wording=("Import-boundary lint passes (presentation→application→domain; no skips)."),
            reading=(
                "import-linter passes, and the contracts that order presentation, application "
                "and domain without skips are among what it checked."
            ),
            proofs=(auto(import_boundaries_hold),),
            owner=Role.SERVICE_LEAD,
            hint="Run lint-imports; move the import, do not loosen the contract.",
        ),
    ),
)
