"""R5.4, R5.5, R5.6: traces, logs and what must be in none of them, proven on a running service."""

import re
import sys
from collections.abc import Sequence
from typing import Final

from readiness_gate.commands import CommandResult
from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

REAL_REQUESTS: Final = "tests/integration/telemetry/test_traces_and_lines_of_real_requests.py"
COLLECTOR: Final = "tests/unit/telemetry/test_otlp_tracing.py"
PAGE: Final = "tests/unit/telemetry/test_telemetry_page.py"
CANARIES: Final = "tests/integration/telemetry/test_nothing_personal_is_emitted.py"

TRACE_TESTS: Final = (
    f"{REAL_REQUESTS}::test_a_request_is_one_span_with_its_tags",
    f"{REAL_REQUESTS}::test_every_span_has_the_tags_that_are_due_and_no_others",
    f"{REAL_REQUESTS}::test_calls_to_upstreams_hang_below_the_request_and_carry_it_on",
    f"{REAL_REQUESTS}::test_a_proof_sent_twice_is_told_to_be_a_replay",
    f"{REAL_REQUESTS}::test_a_key_for_a_door_is_traced_as_an_action_on_a_lock",
    f"{COLLECTOR}::test_a_tag_that_is_not_on_the_list_is_a_mistake",
    f"{COLLECTOR}::test_every_request_has_one_word_for_its_proof",
)
LOG_TESTS: Final = (
    f"{REAL_REQUESTS}::test_every_line_of_api_and_worker_has_listed_fields_and_a_listed_event",
    f"{PAGE}::test_every_log_call_of_the_package_uses_listed_fields",
    f"{PAGE}::test_every_log_call_says_one_of_the_listed_events",
    f"{PAGE}::test_nothing_else_of_the_package_writes_lines",
    f"{PAGE}::test_the_page_has_every_log_field_in_the_tables_own_words",
)
CANARY_TESTS: Final = (
    f"{CANARIES}::test_the_canaries_were_there_to_leak",
    f"{CANARIES}::test_no_person_is_in_anything_emitted",
    f"{CANARIES}::test_no_token_proof_identifier_or_key_is_in_anything_emitted",
    f"{CANARIES}::test_the_search_finds_a_planted_leak",
)
TAGS_OF_ROUTES_TO_COME: Final = ("lock.action", "mfa.scope")

_TESTS_FAILED: Final = 1
_OUTCOME: Final = re.compile(
    r"^(\S+::\w+)(?:\[.*\])? (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", re.MULTILINE
)


def trace_tags_are_where_they_are_due(inspection: Inspection) -> Finding:
    """R5.4. Never *ready* while a tag of the seven is looked for on no real request."""
    finding = _all_pass(inspection, TRACE_TESTS)
    if not finding.verdict.passes:
        return finding
    looked_for = inspection.text(REAL_REQUESTS)
    missing = [tag for tag in TAGS_OF_ROUTES_TO_COME if f'"{tag}"' not in looked_for]
    if not missing:
        return finding
    return unknown(
        f"the other tags are where they are due; {' and '.join(missing)} not seen on a request yet",
        commands=finding.commands,
        files=finding.files,
    )


def log_fields_are_the_declared_ones(inspection: Inspection) -> Finding:
    """R5.5."""
    return _all_pass(inspection, LOG_TESTS)


def nothing_personal_is_emitted(inspection: Inspection) -> Finding:
    """R5.6."""
    return _all_pass(inspection, CANARY_TESTS)


def _all_pass(inspection: Inspection, tests: Sequence[str]) -> Finding:
    """Run these tests, whatever the settings say; each must be there and have passed."""
    paths = sorted({test.partition("::")[0] for test in tests})
    if missing := [path for path in paths if not inspection.exists(path)]:
        return not_ready("the tests that prove it are not there", details=missing)
    result = inspection.run(
        sys.executable, "-m", "pytest", "-v", "-o", "addopts=--import-mode=importlib",
        "-o", "xfail_strict=true", "--strict-markers", "-p", "no:cacheprovider", *paths,
    )  # fmt: skip
    commands = (result.evidence,)
    outcomes = _OUTCOME.findall(result.output)
    if result.exit_code not in (0, _TESTS_FAILED) or not outcomes:
        return unknown(_why(result), commands=commands)
    wrong = [f"{test}: {said.lower()}" for test, said in outcomes if said != "PASSED"]
    wrong += [f"{test}: did not run" for test in tests if test not in dict(outcomes)]
    wrong = list(dict.fromkeys(wrong))  # One line for all parameters of a test.
    if wrong or result.exit_code != 0:
        return not_ready(f"tests that do not pass: {len(wrong)}", details=wrong, commands=commands)
    return ready(commands=commands, files=inspection.evidence(*paths))


def _why(result: CommandResult) -> str:
    last = result.output.strip().splitlines()[-1:] or ["nothing was printed"]
    return result.failure or f"the tests could not be run: {last[0]}"
