"""Asks the advisory databases about every locked package: PyPI's and npm's.

A finding fails. "Could not ask" is neither clean nor a finding: it is printed, counted and
written to the report, and does not fail. `pip-audit` alone can't tell the three apart: it
exits 0 having skipped every package, and with `--strict` it stops at the first one skipped,
before findings in the others are seen. So its JSON is read and judged here.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypedDict

import msgspec

PROJECT: Final = Path(__file__).resolve().parents[1]
REPORT: Final = PROJECT / "reports" / "audit.json"
_ASK_SECONDS: Final = 180
_REASON_CHARACTERS: Final = 200


class Verdict(StrEnum):
    """What is known after asking."""

    CLEAN = "clean"
    FINDING = "finding"
    COULD_NOT_ASK = "could_not_ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One ecosystem's answer: how many packages were asked about, and what was said."""

    ecosystem: str
    asked: int
    not_asked: int
    findings: tuple[str, ...] = ()
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """A finding counts whatever else is unknown; clean needs every package asked about."""
        if self.findings:
            return Verdict.FINDING
        return Verdict.COULD_NOT_ASK if self.not_asked or not self.asked else Verdict.CLEAN


class _Advisory(msgspec.Struct, frozen=True):
    id: str


class _PythonPackage(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    vulns: tuple[_Advisory, ...] = ()
    skip_reason: str = ""


class _PythonReport(msgspec.Struct, frozen=True):
    dependencies: tuple[_PythonPackage, ...]


class _NodePackage(msgspec.Struct, frozen=True):
    name: str
    severity: str


class _NodeDependencies(msgspec.Struct, frozen=True):
    total: int


class _NodeMetadata(msgspec.Struct, frozen=True):
    dependencies: _NodeDependencies


class _NodeReport(msgspec.Struct, frozen=True):
    vulnerabilities: dict[str, _NodePackage]
    metadata: _NodeMetadata


def judge_python_report(report: bytes, *, said: str) -> Audit:
    """Judge what `pip-audit --format json` printed; `said` is its standard error."""
    try:
        packages = msgspec.json.decode(report, type=_PythonReport).dependencies
    except msgspec.DecodeError:
        return Audit(ecosystem="PyPI", asked=0, not_asked=0, reason=_last_line(said))
    skipped = [package for package in packages if package.skip_reason]
    return Audit(
        ecosystem="PyPI",
        asked=len(packages) - len(skipped),
        not_asked=len(skipped),
        findings=tuple(
            f"{package.name} {package.version}: {advisory.id}"
            for package in packages
            for advisory in package.vulns
        ),
        reason=skipped[0].skip_reason if skipped else "",
    )


def judge_node_report(report: bytes, *, said: str) -> Audit:
    """Judge what `npm audit --json` printed; an error document has no vulnerabilities in it."""
    try:
        answer = msgspec.json.decode(report, type=_NodeReport)
    except msgspec.DecodeError:
        return Audit(ecosystem="npm", asked=0, not_asked=0, reason=_last_line(said))
    return Audit(
        ecosystem="npm",
        asked=answer.metadata.dependencies.total,
        not_asked=0,
        findings=tuple(
            f"{package.name}: {package.severity}" for package in answer.vulnerabilities.values()
        ),
    )


def main() -> int:
    """Ask, print, write the report; 1 on a finding."""
    audits = [audit_python(), audit_node()]
    for audit in audits:
        _print_audit(audit)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_bytes(
        msgspec.json.format(
            msgspec.json.encode(
                {
                    audit.ecosystem: {
                        "verdict": audit.verdict,
                        "asked": audit.asked,
                        "notAsked": audit.not_asked,
                        "findings": audit.findings,
                        "reason": audit.reason,
                    }
                    for audit in audits
                }
            )
        )
    )
    unknown = sum(audit.verdict is Verdict.COULD_NOT_ASK for audit in audits)
    if unknown:
        print(f"audit: {unknown} of {len(audits)} databases could not be asked: unknown, not clean")
    return int(any(audit.verdict is Verdict.FINDING for audit in audits))


def audit_python() -> Audit:
    """Ask about every package of requirements.lock."""
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        *("--requirement", "requirements.lock", "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off"),
    ]
    return judge_python_report(**_ask(command))


def audit_node() -> Audit:
    """Ask about every package of package-lock.json."""
    npm = shutil.which("npm")
    if npm is None:
        return Audit(ecosystem="npm", asked=0, not_asked=0, reason="no npm found")
    return judge_node_report(**_ask([npm, "audit", "--json"]))


class _Said(TypedDict):
    report: bytes
    said: str


def _ask(command: Sequence[str]) -> _Said:
    try:
        finished = subprocess.run(
            command,
            cwd=PROJECT,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_ASK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Said(report=b"", said=f"no answer in {_ASK_SECONDS} s")
    return _Said(report=finished.stdout, said=finished.stderr.decode("utf-8", "replace"))


def _print_audit(audit: Audit) -> None:
    match audit.verdict:
        case Verdict.CLEAN:
            print(f"audit: {audit.ecosystem}: {audit.asked} packages asked about, no finding")
        case Verdict.COULD_NOT_ASK:
            print(
                f"audit: {audit.ecosystem}: COULD NOT ASK about"
                f" {audit.not_asked or 'any'} packages: {audit.reason}"
            )
        case Verdict.FINDING:
            for finding in audit.findings:
                print(f"audit: {audit.ecosystem}: FINDING {finding}")


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1][:_REASON_CHARACTERS] if lines else "no answer"


if __name__ == "__main__":
    sys.exit(main())
