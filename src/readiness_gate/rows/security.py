"""Section 6: security."""

from datetime import timedelta

from readiness_gate.checks.dependencies import dependency_audit_is_clean
from readiness_gate.row import (
    Role,
    Row,
    Section,
    attested,
    auto,
    auto_else_declared,
    declared,
    drill,
)

SECURITY = Section(
    number=6,
    title="Security",
    rows=(
        Row(
            id="R6.1",
            wording="Threat model reviewed (SECURITY_MODEL §14).",
            reading="A security reviewer reviewed the threat model, SECURITY_MODEL §14.",
            proofs=(attested(),),
            owner=Role.SECURITY,
            hint="Write SECURITY_MODEL §14 and have it reviewed and signed.",
        ),
        Row(
            id="R6.2",
            wording="Secrets only in Secret Manager.",
            reading=(
                "Secrets come from the secret manager alone; none is in the repository, the "
                "image, a log or a process's arguments."
            ),
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Scan repository, image, logs and process arguments for secrets.",
        ),
        Row(
            id="R6.3",
            wording="DPoP replay drill executed in stage in last 90 days.",
            reading="A recorded proof was replayed in stage within 90 days, and refused.",
            proofs=(drill(),),
            owner=Role.SECURITY,
            hint="Run the replay drill in stage; a sandbox run counts as rehearsed.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R6.4",
            wording="MFA bypass simulation in pen test.",
            reading=(
                "The penetration test tried to pass without step-up; our own drill is its "
                "rehearsal."
            ),
            proofs=(drill(), attested()),
            owner=Role.SECURITY,
            hint="Run the step-up bypass drill, and have the pen test include it.",
            freshness=timedelta(days=90),
        ),
        Row(
            id="R6.5",
            wording="DPoP verifier covers all RFC 9449 conformance cases.",
            reading="The DPoP verifier passes every RFC 9449 conformance case.",
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Run the conformance cases and read their report here.",
        ),
        Row(
            id="R6.6",
            wording="Cloud Armor active.",
            reading="The edge limits each address and each device (Cloud Armor) in production.",
            proofs=(declared(),),
            owner=Role.SECURITY,
            hint="Declare the edge policy under deploy/, apply it, file the apply record.",
        ),
        Row(
            id="R6.7",
            wording="DAST report has zero high/critical.",
            reading="A dynamic scan of the running service reports nothing high or critical.",
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Scan the running sandbox and record the report.",
        ),
        Row(
            id="R6.8",
            wording="pnpm audit clean.",
            reading=(
                "No locked dependency, Python or npm, has a known vulnerability; a database "
                "that could not be asked is unknown, never clean."
            ),
            proofs=(auto(dependency_audit_is_clean),),
            owner=Role.SECURITY,
            hint="Update the dependency, or run the audit where its databases can be reached.",
        ),
        Row(
            id="R6.9",
            wording="Trivy scan clean.",
            reading="A scan of the image's file system is clean, where a scanner runs.",
            proofs=(auto_else_declared(),),
            owner=Role.SECURITY,
            hint="Scan the built image and record the report.",
        ),
        Row(
            id="R6.10",
            wording="Cosign signature verified by binary authorization.",
            reading="No artifact runs before its signature was verified.",
            proofs=(declared(),),
            owner=Role.SECURITY,
            hint="Declare binary authorization under deploy/, apply it, file the apply record.",
        ),
        Row(
            id="R6.11",
            wording="CORS allow-list verified.",
            reading="Only the listed origins may call from a browser, on every route.",
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Ask every route from listed and foreign origins.",
        ),
        Row(
            id="R6.12",
            wording="Tenant-isolation tests pass at all layers.",
            reading=(
                "One tenant reaches nothing of another through token, route, database, cache "
                "or event."
            ),
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Run the isolation tests of each layer and record them.",
        ),
        Row(
            id="R6.13",
            wording="Pen test signed off in last 12 months.",
            reading="A penetration test was signed off within twelve months.",
            proofs=(attested(),),
            owner=Role.SECURITY,
            hint="Commission a penetration test and have its sign-off filed.",
            freshness=timedelta(days=365),
        ),
        Row(
            id="R6.14",
            wording="Lock-audit completeness 100% in last 30 days.",
            reading=(
                "Over the last 30 days every lock action has its audit row, written before the "
                "vendor was called, with its outcome."
            ),
            proofs=(auto(),),
            owner=Role.SECURITY,
            hint="Compare the vendor's calls with the audit rows of 30 days.",
            freshness=timedelta(days=30),
        ),
    ),
)
