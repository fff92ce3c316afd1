"""docs/telemetry.md and the code say the same: fields, events, metrics, tags, outcomes (R5.5)."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.telemetry.log_events import LOG_FIELDS, LogEvents
from bff_backoffice.telemetry.metrics import ApiMetrics
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry
from bff_backoffice.telemetry.store_telemetry import StoreTelemetry
from bff_backoffice.telemetry.tracing import DPOP_OUTCOMES, SPAN_TAGS, Tag
from bff_backoffice.telemetry.upstream_telemetry import UpstreamTelemetry
from bff_backoffice.telemetry.view_telemetry import CacheTelemetry, DashboardTelemetry
from bff_backoffice.telemetry.worker_telemetry import WorkerTelemetry

PROJECT: Final = Path(__file__).parents[3]
PACKAGE: Final = PROJECT / "src/bff_backoffice"
PAGE: Final = (PROJECT / "docs/telemetry.md").read_text("utf-8")
WRITERS: Final = {
    "request_answered": "request.answered",
    "request_failed": "request.failed",
    "process": None,
    "trouble": None,
}
LOGS: Final = frozenset({"log", "_log"})


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    section = re.split(rf"^#+ {heading}$", PAGE, flags=re.MULTILINE)[1]
    table = section[section.index("\n|") + 1 :].split("\n\n")[0].rstrip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_page_has_every_log_field_in_the_tables_own_words() -> None:
    assert {quoted(field)[0]: holds for field, holds in rows("Log fields")} == dict(LOG_FIELDS)


def test_the_page_has_every_span_tag_in_the_tables_own_words() -> None:
    assert {quoted(tag)[0]: holds for tag, holds in rows("Span tags")} == dict(SPAN_TAGS)
    assert set(get_args(Tag)) == set(SPAN_TAGS)


def test_the_page_has_every_outcome_of_a_proof() -> None:
    assert {word for words, _ in rows("Outcomes of a proof") for word in quoted(words)} == (
        DPOP_OUTCOMES
    )


class LogCall:
    """One call that writes a line, as it stands in the source."""

    def __init__(self, place: str, call: ast.Call, writer: str) -> None:
        self.place = place
        self.fields = [keyword.arg for keyword in call.keywords]
        fixed = WRITERS[writer]
        first = call.args[0] if call.args else None
        literal = first.value if isinstance(first, ast.Constant) else None
        self.event = fixed or (literal if isinstance(literal, str) else None)


def log_calls() -> Iterator[LogCall]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITERS
                and _last_name(node.func.value) in LOGS
            ):
                place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                yield LogCall(place, node, node.func.attr)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_every_log_call_of_the_package_uses_listed_fields() -> None:
    calls = list(log_calls())

    assert len(calls) >= 12
    for call in calls:
        # `**who` is spelled out in the same function; its names are checked when it is written.
        named = {field for field in call.fields if field is not None}
        assert named <= set(LOG_FIELDS), call.place


def test_every_log_call_says_one_of_the_listed_events() -> None:
    calls = list(log_calls())

    assert all(call.event for call in calls), [call.place for call in calls if not call.event]
    assert {call.event for call in calls} == {quoted(event)[0] for event, _ in rows("Log events")}


def test_nothing_else_of_the_package_writes_lines() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).as_posix()
        if own.startswith("cli/") or own in (
            "telemetry/log_events.py",
            "telemetry/library_log.py",
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                assert _last_name(node.func) != "print", own
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "logging" not in [name.name for name in node.names], own


@pytest.fixture
def metrics() -> dict[str, Metric]:
    """Every metric of both processes, by its full name."""
    registry = CollectorRegistry()
    ApiMetrics(registry)
    MutationTelemetry(registry)
    StoreTelemetry(registry)
    UpstreamTelemetry(registry)
    CacheTelemetry(registry)
    DashboardTelemetry(registry, LogEvents(ManualClock(), io.StringIO()))
    WorkerTelemetry(registry)
    return {
        found.name + ("_total" if found.type == "counter" else ""): found
        for found in registry.collect()
    }


def test_every_metric_is_on_the_page_and_every_one_of_the_page_exists(
    metrics: dict[str, Metric],
) -> None:
    assert {quoted(row[0])[0]: row[1] for row in rows("Metrics")} == {
        name: found.type for name, found in metrics.items()
    }


def declared_labels() -> dict[str, tuple[str, ...]]:
    """Read each metric's labels where it is declared."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((PACKAGE / "telemetry").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or _last_name(node.func) not in (
                "Counter", "Gauge", "Histogram",
            ):  # fmt: skip
                continue
            name, labels = ast.literal_eval(node.args[0]), node.args[2:3]
            found[name] = tuple(ast.literal_eval(labels[0])) if labels else ()
    return found


def test_labels_are_the_pages_and_no_histogram_has_an_id(metrics: dict[str, Metric]) -> None:
    declared = declared_labels()

    assert {quoted(row[0])[0]: tuple(quoted(row[2])) for row in rows("Metrics")} == declared
    assert set(declared) == set(metrics)
    for name, labels in declared.items():
        ids = {label for label in labels if label.endswith("_id")}
        assert ids <= ({"tenant_id"} if metrics[name].type == "counter" else set()), name
