"""The gate's answer, for a terminal, for people and for programs."""

import textwrap
from collections.abc import Iterator

import msgspec

from readiness_gate.finding import Finding
from readiness_gate.gate_table import SECTIONS
from readiness_gate.judge import ProofFinding, RowVerdict
from readiness_gate.row import Row, Section
from readiness_gate.runner import GateRun
from readiness_gate.snapshot import UNSIGNED_HEADING

_ID_WIDTH = 6
_VERDICT_WIDTH = 13
_FILES_SHOWN_MAX = 10


def as_table(run: GateRun, *, width: int) -> str:
    """Return the run as aligned text, the counts last."""
    lines: list[str] = []
    for section, judged in _judged_sections(run):
        passing = sum(verdict.verdict.passes for _, verdict in judged)
        lines += ["", f"{section.number} {section.title}: {passing} of {len(judged)} pass"]
        for row, verdict in judged:
            lines += _table_lines(row, verdict, width)
    return "\n".join([*lines, "", *_summary(run), ""])


def as_markdown(run: GateRun) -> str:
    """Return the run as a page, the source's own words beside each verdict."""
    return f"# Production readiness of bff-backoffice-service\n\n{_markdown_body(run)}"


def as_unsigned_draft(run: GateRun, release_tag: str) -> str:
    """Return the page to be signed for a release. It says on top that nobody has yet."""
    return (
        f"{UNSIGNED_HEADING}: production readiness of bff-backoffice-service {release_tag}\n\n"
        "Nobody has signed this page. It counts as a readiness snapshot only once the seven "
        "signatures of R11.1 hold over it.\n\n"
        f"{_markdown_body(run)}"
    )


def as_json(run: GateRun) -> str:
    """Return the run for programs: one entry per row, with all evidence."""
    entries = [
        _row_facts(section, row)
        | {
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "proofs": verdict.proofs,
            "waiver": verdict.waiver,
        }
        for section, judged in _judged_sections(run)
        for row, verdict in judged
    ]
    report = {
        "ranAt": run.ran_at,
        "treeDigest": run.tree_digest,
        "treeIsClean": run.tree_is_clean,
        "treeChanged": run.tree_changed,
        "passes": run.passes,
        "counts": run.counts(),
        "waiverProblems": run.waiver_problems,
        "rows": entries,
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def describe_row(row: Row, verdict: RowVerdict, *, width: int) -> str:
    """Return one row whole: words, owner, verdict and everything it rests on."""
    section = next(each for each in SECTIONS if row in each.rows)
    facts = {
        "section": f"{section.number} {section.title}",
        "source": row.wording,
        "reading": row.reading,
        "kind": row.kinds,
        "owner": row.owner.value,
        "check": ", ".join(row.check_ids) or "none yet",
        "evidence": f"at most {row.freshness} old" if row.freshness else "no age limit",
        "verdict": str(verdict),
        "to do": row.hint,
    }
    lines = [row.id]
    for name, fact in facts.items():
        lines += _hanging(f"  {name:<9}", fact, width)
    for proof in verdict.proofs:
        lines += _proof_lines(proof)
    return "\n".join([*lines, ""])


def _judged_sections(run: GateRun) -> Iterator[tuple[Section, list[tuple[Row, RowVerdict]]]]:
    verdicts = {verdict.row: verdict for verdict in run.verdicts}
    for section in SECTIONS:
        judged = [(row, verdicts[row.id]) for row in section.rows if row.id in verdicts]
        if judged:
            yield section, judged


def _table_lines(row: Row, verdict: RowVerdict, width: int) -> list[str]:
    prefix = f"  {row.id:<{_ID_WIDTH}} {verdict.verdict:<{_VERDICT_WIDTH}} "
    return _hanging(prefix, verdict.reason or row.reading, width)


def _hanging(prefix: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=prefix, subsequent_indent=" " * len(prefix)
    ) or [prefix.rstrip()]


def _summary(run: GateRun) -> list[str]:
    counts = " · ".join(f"{verdict} {count}" for verdict, count in run.counts().items())
    passing = sum(verdict.verdict.passes for verdict in run.verdicts)
    return [
        *(f"Waiver problem: {problem}." for problem in run.waiver_problems),
        *(["The sources changed while the checks ran: run them again."] * run.tree_changed),
        counts,
        f"{passing} of {len(run.verdicts)} rows pass"
        + ("." if run.passes else ": the service is not ready for production."),
    ]


def _markdown_body(run: GateRun) -> str:
    tree = f"{run.tree_digest} ({'clean' if run.tree_is_clean else 'dirty'})"
    lines = [
        f"Checked {run.ran_at:%Y-%m-%d %H:%M:%S} UTC on the sources {tree}.",
        "",
        *(f"{line}  " for line in _summary(run)),
    ]
    for section, judged in _judged_sections(run):
        lines += ["", f"## {section.number} {section.title}", ""]
        lines += ["| id | must hold | proof | owner | verdict |", "|---|---|---|---|---|"]
        for row, verdict in judged:
            cells = (row.id, row.wording, row.kinds, row.owner.value, str(verdict))
            lines.append(f"| {' | '.join(_cell(text) for text in cells)} |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _row_facts(section: Section, row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "section": section.number,
        "wording": row.wording,
        "reading": row.reading,
        "kinds": [proof.kind for proof in row.proofs],
        "owner": row.owner,
        "checks": row.check_ids,
        "freshnessSeconds": row.freshness.total_seconds() if row.freshness else None,
        "hint": row.hint,
    }


def _proof_lines(proof: ProofFinding) -> list[str]:
    finding = proof.finding
    name = f"{proof.kind}, {proof.check}" if proof.check else proof.kind.value
    return [
        f"  {name}: {finding.verdict}",
        *(f"    {detail}" for detail in finding.details),
        *(
            f"    ran {' '.join(each.command)[:100]} → {each.exit_code}, "
            f"output sha256 {each.output_sha256[:16]}"
            for each in finding.commands
        ),
        *(
            f"    read {each.path} sha256 {each.sha256[:16]}"
            for each in finding.files[:_FILES_SHOWN_MAX]
        ),
        *_more_files(finding),
    ]


def _more_files(finding: Finding) -> list[str]:
    rest = len(finding.files) - _FILES_SHOWN_MAX
    return [f"    read {rest} more files: ready run --json names them"] if rest > 0 else []
