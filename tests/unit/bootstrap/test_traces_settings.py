"""Where spans may go, and what is loaded for it."""

import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.bootstrap.settings import ServiceSettings, TraceSettings, load
from bff_backoffice.bootstrap.traces import open_tracer, refuse_unsafe_traces
from bff_backoffice.telemetry.tracing import NO_TRACER

PRODUCTION = ServiceSettings(environment="production", producer_instance="bff-1")
SANDBOX = ServiceSettings(environment="sandbox", producer_instance="bff-1")
SOURCES = Path(__file__).parents[3] / "src"


def traces(endpoint: str = "", share: float = 0.1) -> TraceSettings:
    return TraceSettings(traces_endpoint=endpoint, traces_sampled_share=share)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://collector.example/v1/traces",
        "http://127.0.0.1:4318/v1/traces",
        "http://localhost:4318/v1/traces",
        "http://[::1]:4318/v1/traces",
    ],
)
def test_spans_go_encrypted_or_no_further_than_this_host(endpoint: str) -> None:
    refuse_unsafe_traces(PRODUCTION, traces(endpoint))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://collector.example/v1/traces",
        "http://127.example.org/v1/traces",
        "https://user:password@collector.example/v1/traces",
        "ftp://collector.example",
        "collector:4318",
        "https://",
        "https://[::1/v1/traces",
    ],
)
def test_another_endpoint_stops_the_start_and_is_not_shown(endpoint: str) -> None:
    with pytest.raises(SettingsRefused, match="BFF_TRACES_ENDPOINT") as refusal:
        refuse_unsafe_traces(PRODUCTION, traces(endpoint))

    assert "password" not in str(refusal.value)


def test_the_sandbox_may_send_spans_in_the_clear() -> None:
    refuse_unsafe_traces(SANDBOX, traces("http://collector:4318/v1/traces"))


@pytest.mark.parametrize("share", ["1.5", "2", "100"])
def test_a_share_above_the_whole_stops_the_start(share: str) -> None:
    read = load(TraceSettings, {"BFF_TRACES_SAMPLED_SHARE": share})

    with pytest.raises(SettingsRefused, match="BFF_TRACES_SAMPLED_SHARE"):
        refuse_unsafe_traces(PRODUCTION, read)


@pytest.mark.parametrize(
    "share", ["-0.1", "nan", "inf", "1e-3", "half", "0,1", "\u0660.\u0661", "", " 1"]
)
def test_a_share_that_is_no_number_is_named(share: str) -> None:
    with pytest.raises(SettingsRefused, match="BFF_TRACES_SAMPLED_SHARE: is not a number"):
        load(TraceSettings, {"BFF_TRACES_SAMPLED_SHARE": share})


@pytest.mark.parametrize(("share", "read"), [("0", 0.0), ("0.25", 0.25), ("1", 1.0), ("1.0", 1.0)])
def test_a_share_is_read(share: str, read: float) -> None:
    assert load(TraceSettings, {"BFF_TRACES_SAMPLED_SHARE": share}).traces_sampled_share == read


async def test_without_an_endpoint_nothing_is_traced() -> None:
    async with AsyncExitStack() as stack:
        assert open_tracer(SANDBOX, traces(), ManualClock(), stack) is NO_TRACER


def test_without_an_endpoint_neither_spans_nor_exporter_are_even_loaded() -> None:
    program = (
        "import sys, bff_backoffice.bootstrap.api, bff_backoffice.bootstrap.worker\n"
        "costly = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'google.protobuf')\n"
        "sys.exit(any(name.startswith(costly) for name in sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(SOURCES)}, timeout=60, check=False
    )

    assert loaded.returncode == 0
