"""Section 9: operations."""

from datetime import timedelta

from readiness_gate.checks.documents import handoff_document_exists
from readiness_gate.checks.runbooks import failure_runbooks_exist
from readiness_gate.row import Role, Row, Section, attested, auto, declared, drill

OPERATIONS = Section(
    number=9,
    title="Operations",
    rows=(
        Row(
            id="R9.1",
            wording="On-call rotation assigned (Frontend Platform).",
            reading="Frontend Platform's on-call rotation covers this service.",
            proofs=(attested(),),
            owner=Role.ENGINEERING,
            hint="Assign the rotation and have it signed.",
        ),
        Row(
            id="R9.2",
            wording="PagerDuty escalation policy verified.",
            reading="A test page walked the escalation policy to its end.",
            proofs=(attested(),),
            owner=Role.SRE,
            hint="Page through the policy and have the result signed.",
        ),
        Row(
            id="R9.3",
            wording=(
                "Runbooks present for: F-1, F-4, F-10, F-13, F-17, F-18, F-27, F-28, F-30, F-32 "
                "(per FAILURE_MODES)."
            ),
            reading="Each of the ten failures has a complete runbook in docs/runbooks/.",
            proofs=(auto(failure_runbooks_exist),),
            owner=Role.SRE,
            hint="Write the missing runbooks; each names its failure in its first lines.",
        ),
        Row(
            id="R9.4",
            wording="Cost dashboard with budget alerts at 50/80/100/120%.",
            reading="A cost board exists, and budget alerts fire at 50, 80, 100 and 120 %.",
            proofs=(declared(),),
            owner=Role.ENGINEERING,
            hint="Declare the budget under deploy/, apply it, file the apply record.",
        ),
        Row(
            id="R9.5",
            wording="On-call handoff doc in this folder.",
            reading="The on-call handoff document is in services/bff-backoffice-service/.",
            proofs=(auto(handoff_document_exists),),
            owner=Role.SRE,
            hint="Write services/bff-backoffice-service/ON_CALL_HANDOFF.md.",
        ),
        Row(
            id="R9.6",
            wording="Backup + restore tested for Cloud SQL.",
            reading=(
                "A backup of Cloud SQL was restored and compared; PostgreSQL in the sandbox is "
                "a rehearsal."
            ),
            proofs=(drill(),),
            owner=Role.SRE,
            hint="Restore a backup and record it; a sandbox run counts as rehearsed.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R9.7",
            wording=(
                "Coordination matrix with desktop release calendar agreed (DEPLOYMENT_TOPOLOGY §5)."
            ),
            reading="The desktop's lead agreed to the matrix in DEPLOYMENT_TOPOLOGY §5.",
            proofs=(attested(),),
            owner=Role.DESKTOP_LEAD,
            hint="Write DEPLOYMENT_TOPOLOGY §5 and have it signed.",
        ),
    ),
)
