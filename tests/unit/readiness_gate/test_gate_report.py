import msgspec
import pytest
from tests.unit.readiness_gate.repository import NOW

from readiness_gate import report
from readiness_gate.finding import CommandEvidence, FileEvidence, Finding, Verdict
from readiness_gate.gate_table import ROWS
from readiness_gate.judge import RowVerdict, combine
from readiness_gate.row import Row
from readiness_gate.runner import GateRun

EVIDENCE = CommandEvidence(command=("ruff", "check"), exit_code=0, output_sha256="ab" * 32)


def judged(row: Row, verdict: Verdict, reason: str = "") -> RowVerdict:
    finding = Finding(verdict=verdict, reason=reason, commands=(EVIDENCE,))
    return combine(row, (finding,) * len(row.proofs), None)


def whole_run(verdict: Verdict = Verdict.READY, reason: str = "") -> GateRun:
    return GateRun(
        ran_at=NOW,
        tree_digest="sha256:1234",
        tree_is_clean=False,
        tree_changed=False,
        verdicts=tuple(judged(row, verdict, reason) for row in ROWS),
        waiver_problems=(),
    )


def with_verdict(run: GateRun, row_id: str, verdict: Verdict, reason: str) -> GateRun:
    verdicts = tuple(
        judged(row, verdict, reason) if row.id == row_id else old
        for row, old in zip(ROWS, run.verdicts, strict=True)
    )
    return msgspec.structs.replace(run, verdicts=verdicts)


def test_the_table_holds_every_row_once_under_its_section() -> None:
    lines = report.as_table(whole_run(), width=100).splitlines()

    ids = [line.split()[0] for line in lines if line.startswith("  R")]
    assert ids == [row.id for row in ROWS]
    assert "1 Documentation completeness: 6 of 6 pass" in lines
    assert "11 Sign-off: 2 of 2 pass" in lines


def test_the_columns_are_aligned_and_no_line_is_wider_than_asked() -> None:
    run = whole_run(Verdict.NOT_READY, "a reason so long that it has to be told in two lines, " * 2)

    lines = report.as_table(run, width=80).splitlines()

    assert max(len(line) for line in lines if line.startswith("  ")) <= 80
    assert {line.index("not ready") for line in lines if line.startswith("  R")} == {9}
    assert {line.index("a reason") for line in lines if line.startswith("  R")} == {23}


def test_all_seven_verdicts_are_counted_even_at_nought() -> None:
    run = with_verdict(whole_run(), "R6.8", Verdict.UNKNOWN, "could not ask")

    table = report.as_table(run, width=100)

    assert (
        "ready 73 · not ready 0 · rehearsed 0 · declared only 0 · self-verified 0 · waived 0"
        " · unknown 1"
    ) in table
    assert "73 of 74 rows pass: the service is not ready for production." in table


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict.NOT_READY,
        Verdict.REHEARSED,
        Verdict.DECLARED_ONLY,
        Verdict.SELF_VERIFIED,
        Verdict.UNKNOWN,
    ],
)
def test_one_row_that_does_not_pass_fails_the_gate(verdict: Verdict) -> None:
    assert whole_run().passes
    assert not with_verdict(whole_run(), "R7.1", verdict, "why").passes


def test_waiver_problems_are_told() -> None:
    run = msgspec.structs.replace(
        whole_run(), waiver_problems=("the waiver of R2.1 ended on 2026-03-13",)
    )

    assert "Waiver problem: the waiver of R2.1 ended on 2026-03-13." in report.as_table(
        run, width=100
    )
    assert "the waiver of R2.1 ended" in report.as_markdown(run)


def test_the_page_holds_the_sources_words_and_the_verdict_of_every_row() -> None:
    run = with_verdict(whole_run(), "R2.1", Verdict.NOT_READY, "a | b\n<script>")

    page = report.as_markdown(run)

    rows = [line for line in page.splitlines() if line.startswith("| R")]
    assert len(rows) == 74
    assert (
        "| R2.1 | pnpm lint clean. | auto | Service tech lead (Frontend Platform) "
        "| not ready (a \\| b &lt;script>) |"
    ) in rows
    assert "2026-03-14 09:30:00 UTC" in page
    assert "sha256:1234 (dirty)" in page


def test_a_draft_says_on_top_that_nobody_signed_it() -> None:
    draft = report.as_unsigned_draft(whole_run(), "v1.2.0")

    assert draft.startswith("# Unsigned draft: production readiness")
    assert "Nobody has signed this page." in draft
    assert "v1.2.0" in draft.splitlines()[0]


def test_programs_get_every_row_with_its_evidence() -> None:
    decoded = msgspec.json.decode(report.as_json(whole_run()))

    assert decoded["passes"] is True
    assert decoded["counts"]["ready"] == 74
    assert [row["id"] for row in decoded["rows"]] == [row.id for row in ROWS]
    first = decoded["rows"][0]
    assert first["proofs"][0]["finding"]["commands"][0]["exitCode"] == 0
    assert first["wording"] == "All 17 specs in this folder complete (no TBD)."
    assert decoded["treeDigest"] == "sha256:1234"


def test_one_row_is_shown_whole() -> None:
    row = ROWS[0]
    finding = Finding(
        verdict=Verdict.NOT_READY,
        reason="0 of 17 documents",
        details=("API_CONTRACTS.md: missing",),
        commands=(EVIDENCE,),
        files=tuple(FileEvidence(path=f"{n}.md", sha256="cd" * 32) for n in range(12)),
    )

    text = report.describe_row(row, combine(row, (finding,), None), width=100)

    for expected in (
        "R1.1",
        row.wording,
        row.owner.value,
        "service_documents_are_complete",
        "not ready (0 of 17 documents)",
        "API_CONTRACTS.md: missing",
        "ran ruff check → 0",
        "read 0.md sha256 cdcdcdcdcdcdcdcd",
        "read 2 more files",
        row.hint,
    ):
        assert expected in text
