"""Section 8: release process."""

from datetime import timedelta

from readiness_gate.row import Role, Row, Section, attested, auto, declared, drill

RELEASE = Section(
    number=8,
    title="Release process",
    rows=(
        Row(
            id="R8.1",
            wording=(
                "CI: lint, typecheck, unit, integration, contract, build, scan, sign, "
                "deploy-dev, smoke."
            ),
            reading="The pipeline has all ten stages, in this order, and runs them.",
            proofs=(auto(), declared()),
            owner=Role.SRE,
            hint="Write the pipeline with all ten stages and record a run.",
        ),
        Row(
            id="R8.2",
            wording="Canary 10% / 50% / 100% with metric guardrails.",
            reading=(
                "A release takes 10, 50, then 100 % of traffic; a deliberately bad build is "
                "stopped by its metrics and rolled back."
            ),
            proofs=(auto(), declared()),
            owner=Role.SRE,
            hint="Release a bad build behind the proxy and watch it roll back.",
        ),
        Row(
            id="R8.3",
            wording="Rollback budget ≤ 5 min.",
            reading="Going back to the last release was exercised and took at most 5 minutes.",
            proofs=(drill(),),
            owner=Role.SRE,
            hint="Roll a release back against the clock and record it.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R8.4",
            wording="Feature flags documented; default off.",
            reading="Every feature flag is documented and off by default.",
            proofs=(auto(),),
            owner=Role.PRODUCT,
            hint="Compare the flags in the code with their document and their defaults.",
        ),
        Row(
            id="R8.5",
            wording="App-version-floor mechanism tested; rollback runbook in place.",
            reading="The app-version floor is tested and its rollback runbook exists.",
            proofs=(auto(),),
            owner=Role.DESKTOP_LEAD,
            hint="Test the floor on both sides and write its rollback runbook.",
        ),
        Row(
            id="R8.6",
            wording="Release notes drafted; coordinated with desktop release calendar.",
            reading="Release notes are drafted and agreed with the desktop's release calendar.",
            proofs=(auto(), attested()),
            owner=Role.PRODUCT,
            hint="Draft the notes and have the desktop's lead sign the date.",
        ),
    ),
)
