import json
from collections.abc import Mapping

import pytest
from tools.audit_dependencies import Verdict, judge_node_report, judge_python_report


def python_report(*packages: Mapping[str, object]) -> bytes:
    return json.dumps({"dependencies": list(packages), "fixes": []}).encode()


ASKED: Mapping[str, object] = {"name": "idna", "version": "3.20", "vulns": []}
SKIPPED = {"name": "anyio", "skip_reason": "Dependency not found on PyPI: anyio (4.16.0)"}
VULNERABLE = {
    "name": "redis",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": "bad"}],
}


def test_all_packages_asked_about_without_an_advisory_is_clean() -> None:
    audit = judge_python_report(python_report(ASKED), said="")

    assert (audit.verdict, audit.asked) == (Verdict.CLEAN, 1)


def test_an_advisory_is_a_finding() -> None:
    audit = judge_python_report(python_report(ASKED, VULNERABLE), said="")

    assert audit.verdict is Verdict.FINDING
    assert audit.findings == ("redis 1.0: PYSEC-1",)


def test_a_skipped_package_leaves_the_answer_unknown() -> None:
    audit = judge_python_report(python_report(ASKED, SKIPPED), said="")

    assert (audit.verdict, audit.not_asked) == (Verdict.COULD_NOT_ASK, 1)
    assert "anyio" in audit.reason


def test_a_finding_is_not_hidden_by_a_skipped_package() -> None:
    audit = judge_python_report(python_report(SKIPPED, VULNERABLE), said="")

    assert audit.verdict is Verdict.FINDING


@pytest.mark.parametrize("printed", [b"", b"not json", b"[]", b'{"dependencies": "?"}'])
def test_no_readable_report_is_unknown_never_clean(printed: bytes) -> None:
    audit = judge_python_report(printed, said="ERROR: could not connect\n\n")

    assert audit.verdict is Verdict.COULD_NOT_ASK
    assert audit.reason == "ERROR: could not connect"


def test_a_report_about_no_package_is_unknown() -> None:
    assert judge_python_report(python_report(), said="").verdict is Verdict.COULD_NOT_ASK


def node_report(**vulnerabilities: dict[str, object]) -> bytes:
    return json.dumps(
        {
            "auditReportVersion": 2,
            "vulnerabilities": vulnerabilities,
            "metadata": {
                "vulnerabilities": {"total": len(vulnerabilities)},
                "dependencies": {"prod": 3, "dev": 5, "total": 8},
            },
        }
    ).encode()


def test_npm_without_vulnerabilities_is_clean() -> None:
    audit = judge_node_report(node_report(), said="")

    assert (audit.verdict, audit.asked) == (Verdict.CLEAN, 8)


def test_an_npm_vulnerability_is_a_finding() -> None:
    report = node_report(vite={"name": "vite", "severity": "moderate", "isDirect": True})

    audit = judge_node_report(report, said="")

    assert audit.verdict is Verdict.FINDING
    assert audit.findings == ("vite: moderate",)


@pytest.mark.parametrize(
    "printed",
    [
        b"",
        b'{"message": "405 Method Not Allowed", "statusCode": 405, "error": {"summary": ""}}',
        b'{"error": {"code": "ENOTFOUND"}}',
    ],
)
def test_an_npm_error_document_is_unknown_never_clean(printed: bytes) -> None:
    audit = judge_node_report(printed, said="npm error audit endpoint returned an error")

    assert audit.verdict is Verdict.COULD_NOT_ASK
    assert audit.reason == "npm error audit endpoint returned an error"
