"""Section 11: sign-off."""

from readiness_gate.checks.signatures import seven_signatures_hold, signed_snapshot_is_committed
from readiness_gate.row import Role, Row, Section, attested, auto

SIGN_OFF = Section(
    number=11,
    title="Sign-off",
    rows=(
        Row(
            id="R11.1",
            # The source has a table here: its four headings, then its seven roles.
            wording=(
                "Role Name Date Signature: "
                "Service tech lead (Frontend Platform); "
                "Desktop platform tech lead (Electron app); "
                "SRE on-call (rotating); "
                "Security reviewer; "
                "Data steward; "
                "Product manager (backoffice owner); "
                "Eng manager / Director"
            ),
            reading="Seven people, one for each role, signed: role, name, date, signature.",
            proofs=(attested(seven_signatures_hold),),
            owner=Role.ENGINEERING,
            hint="The seven sign when all other rows hold; the gate signs for nobody.",
        ),
        Row(
            id="R11.2",
            wording=(
                "A snapshot of this checklist is committed to "
                "services/bff-backoffice-service/_readiness/<release-tag>.md."
            ),
            reading=(
                "The release's snapshot is committed and holds the seven verified signatures "
                "over this very content."
            ),
            proofs=(auto(signed_snapshot_is_committed),),
            owner=Role.SERVICE_LEAD,
            hint="Write the draft with ready report --release TAG, have it signed, commit it.",
        ),
    ),
)
