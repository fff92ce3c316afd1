from collections.abc import Callable

import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.telemetry import (
    CANARY_TESTS,
    LOG_TESTS,
    REAL_REQUESTS,
    TAGS_OF_ROUTES_TO_COME,
    TRACE_TESTS,
    log_fields_are_the_declared_ones,
    nothing_personal_is_emitted,
    trace_tags_are_where_they_are_due,
)
from readiness_gate.finding import Finding, Verdict
from readiness_gate.inspection import Inspection

Check = Callable[[Inspection], Finding]
ROWS = [
    pytest.param(trace_tags_are_where_they_are_due, TRACE_TESTS, id="R5.4"),
    pytest.param(log_fields_are_the_declared_ones, LOG_TESTS, id="R5.5"),
    pytest.param(nothing_personal_is_emitted, CANARY_TESTS, id="R5.6"),
]


def plant(repository: Repository, tests: tuple[str, ...], *, body: str = "pass") -> None:
    """Write these tests; the last one does what `body` says, the others pass."""
    sources: dict[str, str] = {}
    for test in tests:
        path, _, name = test.partition("::")
        does = body if test == tests[-1] else "pass"
        sources[path] = sources.get(path, "import pytest\n") + f"\n\ndef {name}():\n    {does}\n"
    tags = ", ".join(f'"{tag}"' for tag in TAGS_OF_ROUTES_TO_COME)
    for path, text in sources.items():
        repository.write(path, f"{text}\n\nTAGS = [{tags}]\n")


@pytest.mark.parametrize(("check", "tests"), ROWS)
def test_tests_that_are_there_and_pass_make_it_ready(
    repository: Repository, check: Check, tests: tuple[str, ...]
) -> None:
    plant(repository, tests)

    finding = check(repository.inspection())

    assert (finding.verdict, finding.reason) == (Verdict.READY, "")
    assert {file.path for file in finding.files} == {test.partition("::")[0] for test in tests}
    assert finding.commands[0].exit_code == 0


@pytest.mark.parametrize(("check", "tests"), ROWS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("assert False", "failed"),
        ("pytest.skip('not today')", "skipped"),
        ("pytest.xfail('some day')", "xfail"),
    ],
)
def test_a_test_that_does_not_pass_is_named(
    repository: Repository, check: Check, tests: tuple[str, ...], body: str, said: str
) -> None:
    plant(repository, tests, body=body)

    finding = check(repository.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.details == (f"{tests[-1]}: {said}",)


@pytest.mark.parametrize(("check", "tests"), ROWS)
def test_a_test_that_is_gone_is_missed(
    repository: Repository, check: Check, tests: tuple[str, ...]
) -> None:
    plant(repository, tests)
    path, _, name = tests[-1].partition("::")
    text = (repository.root / path).read_text("utf-8")
    repository.write(path, text.replace(name, "test_of_something_else"))
    renamed = check(repository.inspection())
    repository.delete(path)
    deleted = check(repository.inspection())

    assert renamed.details == (f"{tests[-1]}: did not run",)
    assert (deleted.verdict, deleted.details) == (Verdict.NOT_READY, (path,))


@pytest.mark.parametrize(("check", "tests"), ROWS)
def test_settings_that_pick_among_the_tests_do_not_help(
    repository: Repository,
    check: Check,
    tests: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(repository, tests, body="assert False")
    name = tests[-1].partition("::")[2]
    repository.write("pytest.ini", f"[pytest]\naddopts = -k 'not {name}'\n")
    by_file = check(repository.inspection())
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-k 'not {name}'")
    by_environment = check(repository.inspection())

    assert by_file.details == (f"{tests[-1]}: failed",)
    assert by_environment.details == (f"{tests[-1]}: did not run",)


@pytest.mark.parametrize(("check", "tests"), ROWS)
def test_tests_that_cannot_be_run_are_unknown(
    repository: Repository, check: Check, tests: tuple[str, ...]
) -> None:
    plant(repository, tests)
    repository.write(tests[0].partition("::")[0], "import nothing_of_this_name\n")
    broken = check(repository.inspection())
    plant(repository, tests)
    late = check(repository.inspection(seconds=0.0))

    assert [broken.verdict, late.verdict] == [Verdict.UNKNOWN] * 2


def test_a_tag_that_no_request_was_seen_with_keeps_the_row_from_being_ready(
    repository: Repository,
) -> None:
    plant(repository, TRACE_TESTS)
    text = (repository.root / REAL_REQUESTS).read_text("utf-8")
    repository.write(REAL_REQUESTS, text.replace('"lock.action", ', ""))

    finding = trace_tags_are_where_they_are_due(repository.inspection())

    assert (finding.verdict, finding.reason) == (
        Verdict.UNKNOWN,
        "the other tags are where they are due; lock.action not seen on a request yet",
    )
