"""Attested and declared proofs: what no file in the repository can make ready."""

from tests.unit.readiness_gate.repository import Repository

from readiness_gate import declarations
from readiness_gate.attestations import find_attestation
from readiness_gate.finding import Finding, Verdict, not_ready, ready
from readiness_gate.inspection import Inspection

MANIFEST = "deploy/cloud_run/service.yaml"


def valid(inspection: Inspection) -> Finding:
    return ready(files=inspection.evidence(MANIFEST))


def invalid(_: Inspection) -> Finding:
    return not_ready("a field has no such value")


def test_an_empty_slot_is_not_ready(repository: Repository) -> None:
    finding = find_attestation("R6.1", repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "no attestation")


def test_an_unverified_attestation_is_unknown_never_ready(repository: Repository) -> None:
    repository.write("readiness/attestations/R6.1.json", '{"signature": "trust me"}')

    finding = find_attestation("R6.1", repository.inspection())

    assert finding.verdict is Verdict.UNKNOWN
    assert finding.files[0].path == "readiness/attestations/R6.1.json"


def test_a_row_that_no_manifest_declares_is_not_ready(repository: Repository) -> None:
    repository.write(MANIFEST, "# readiness: R7.10\nminInstances: 2\n")

    finding = declarations.judge("R7.1", valid, repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.NOT_READY, "no manifests")


def test_manifests_that_nothing_validates_are_unknown(repository: Repository) -> None:
    repository.write(MANIFEST, "# readiness: R7.1\nminInstances: 2\n")

    finding = declarations.judge("R7.1", None, repository.inspection())

    assert finding.verdict is Verdict.UNKNOWN


def test_an_invalid_manifest_is_not_ready(repository: Repository) -> None:
    repository.write(MANIFEST, "# readiness: R7.1\nminInstances: many\n")

    finding = declarations.judge("R7.1", invalid, repository.inspection())

    assert finding == invalid(repository.inspection())


def test_a_valid_manifest_is_at_most_declared_only(repository: Repository) -> None:
    repository.write(MANIFEST, "# readiness: R7.2, R7.1\nminInstances: 2\n")

    finding = declarations.judge("R7.1", valid, repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.DECLARED_ONLY, "no apply record")
    assert [file.path for file in finding.files] == [MANIFEST]


def test_an_unverified_apply_record_is_unknown_never_ready(repository: Repository) -> None:
    repository.write(MANIFEST, "# readiness: R7.1\nminInstances: 2\n")
    repository.write("readiness/applied/R7.1.json", '{"environment": "stage"}')

    finding = declarations.judge("R7.1", valid, repository.inspection())

    assert finding.verdict is Verdict.UNKNOWN
