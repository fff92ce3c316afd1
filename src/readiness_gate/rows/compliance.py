"""Section 10: compliance and data governance."""

from readiness_gate.row import Role, Row, Section, attested, auto

COMPLIANCE = Section(
    number=10,
    title="Compliance / data governance",
    rows=(
        Row(
            id="R10.1",
            wording="PII inventory in SECURITY_MODEL §13 reviewed by data steward.",
            reading=(
                "The inventory of personal data, SECURITY_MODEL §13, equals the database's "
                "schema, and the data steward reviewed it."
            ),
            proofs=(auto(), attested()),
            owner=Role.DATA_STEWARD,
            hint="Compare SECURITY_MODEL §13 with the schema; have the steward sign it.",
        ),
        Row(
            id="R10.2",
            wording="DPIA filed.",
            reading="The data-protection impact assessment is filed.",
            proofs=(attested(),),
            owner=Role.DATA_STEWARD,
            hint="File the assessment and have it signed.",
        ),
        Row(
            id="R10.3",
            wording="Cookie consent N/A (Electron app, not browser; no cookies served).",
            reading="No route ever sets a cookie.",
            proofs=(auto(),),
            owner=Role.DATA_STEWARD,
            hint="Ask every route of the running service and look for Set-Cookie.",
        ),
        Row(
            id="R10.4",
            wording=(
                "Data retention enforced: activity 90 d, alert ack 365 d, AI decision 7 y, lock "
                "audit 7 y."
            ),
            reading=(
                "Each ledger is removed when its time is over: activity 90 days, alert "
                "acknowledgement 365 days, AI decision and lock audit 7 years; nothing younger "
                "ever is."
            ),
            proofs=(auto(),),
            owner=Role.DATA_STEWARD,
            hint="Run retention on rows on both sides of each limit.",
        ),
        Row(
            id="R10.5",
            wording=(
                "Sharia-compliant tenants flagged with complianceProfile; AI suggestions filtered."
            ),
            reading=(
                "Sharia-compliant tenants carry complianceProfile, and no suggestion that "
                "breaks it reaches them."
            ),
            proofs=(auto(),),
            owner=Role.PRODUCT,
            hint="Plant suggestions that break the profile and look for them at the client.",
        ),
        Row(
            id="R10.6",
            wording="BAA / DPA verified for in-scope tenants.",
            reading="The agreements of all tenants in scope were verified.",
            proofs=(attested(),),
            owner=Role.DATA_STEWARD,
            hint="Verify the agreements and have the result signed.",
        ),
    ),
)
