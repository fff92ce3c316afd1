from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.signatures import (
    seven_signatures_hold,
    signature_slot,
    signed_snapshot_is_committed,
)
from readiness_gate.finding import Verdict
from readiness_gate.row import Role
from readiness_gate.snapshot import SNAPSHOTS_FOLDER


def test_each_role_has_a_slot_of_its_own() -> None:
    slots = {signature_slot(role) for role in Role}

    assert len(slots) == 7
    assert "readiness/signatures/security_reviewer.json" in slots


def test_no_signature_is_not_ready(repository: Repository) -> None:
    finding = seven_signatures_hold(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "0 of 7 signatures")


def test_six_signatures_are_not_ready(repository: Repository) -> None:
    for role in list(Role)[:6]:
        repository.write(signature_slot(role), "{}")

    finding = seven_signatures_hold(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "6 of 7 signatures")
    assert finding.details == ("Eng manager / Director: no signature",)


def test_seven_unverified_signatures_are_unknown_never_ready(repository: Repository) -> None:
    for role in Role:
        repository.write(signature_slot(role), '{"signature": "trust me"}')

    assert seven_signatures_hold(repository.inspection()).verdict is Verdict.UNKNOWN


def test_no_snapshot_and_a_draft_are_not_ready(repository: Repository) -> None:
    nothing = signed_snapshot_is_committed(repository.inspection())
    repository.write(f"{SNAPSHOTS_FOLDER}/1.0.md", "# Unsigned draft: …")
    draft = signed_snapshot_is_committed(repository.inspection())

    assert (nothing.verdict, nothing.reason) == (Verdict.NOT_READY, "no snapshot")
    assert (draft.verdict, draft.reason) == (Verdict.NOT_READY, "only unsigned drafts")


def test_a_snapshot_that_claims_signatures_is_unknown_never_ready(
    repository: Repository,
) -> None:
    repository.write(f"{SNAPSHOTS_FOLDER}/1.0.md", "# Signed by all")

    assert signed_snapshot_is_committed(repository.inspection()).verdict is Verdict.UNKNOWN
