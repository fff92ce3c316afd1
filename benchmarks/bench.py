"""`make bench`: CPU per request of the hot paths, beside a small Node peer, in one run.

Server on one core, load, stores and simulator on the other; a distinct proof per request;
variants interleaved round by round, so that a noisy minute meets all of them. Prints medians
with ranges and ratios, writes `reports/bench.json`.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

import uvloop
from benchmarks.desktop import Desktop, SandboxEndpoints, sign_in
from benchmarks.load import RoundResult, send_all
from benchmarks.scenarios import (
    CheckIns,
    MakeRequests,
    bare_session_requests,
    session_requests,
    warm_dashboard_requests,
)
from benchmarks.servers import PROJECT, MeasuredServer, running_sandbox, running_server

REPORT: Final = PROJECT / "reports/bench.json"
PEER: Final = PROJECT / "benchmarks/peer"
SERVICE_PORT: Final = 25_201
BARE_PORT: Final = 25_202
COMMON_PORT: Final = 25_203
TUNED_PORT: Final = 25_204
METRICS_PORT: Final = 25_205
SESSION: Final = "session"
WARM: Final = "warm dashboard"
CHECK_IN: Final = "check-in"
OURS: Final = "everything on"
BARE: Final = "bare"
COMMON: Final = "peer, common"
TUNED: Final = "peer, tuned"
RATIOS: Final = (
    (SESSION, OURS, SESSION, TUNED),
    (SESSION, OURS, SESSION, COMMON),
    (SESSION, BARE, SESSION, TUNED),
)
DESKTOPS: Final = 24
CONNECTIONS: Final = 32
STORE_SETTLING_SECONDS: Final = 11
"""A store that was restarted asks for nonces at first; the measurement starts after that."""


@dataclass(slots=True, kw_only=True)
class Variant:
    """One server under one kind of request, and what was measured of it, round by round."""

    scenario: str
    name: str
    server: MeasuredServer
    origin: str
    make_requests: MakeRequests
    requests: int
    desktops: Sequence[Desktop]
    expected: frozenset[int] = frozenset({200})
    cpu_microseconds: list[float] = field(default_factory=list[float])
    per_second: list[float] = field(default_factory=list[float])
    latencies: list[float] = field(default_factory=list[float])
    resident_mebibytes: float = 0.0

    async def run_round(self) -> None:
        """Sign, send, and note the server's CPU time per request."""
        requests = self.make_requests(self.origin, self.desktops, self.requests)
        before = self.server.cpu_seconds()
        result = await send_all(self.origin, requests, connections=CONNECTIONS)
        spent = self.server.cpu_seconds() - before
        self._refuse_wrong_answers(result)
        self.cpu_microseconds.append(spent / len(requests) * 1e6)
        self.per_second.append(len(requests) / result.seconds)
        self.latencies = sorted(self.latencies + result.latencies)
        self.resident_mebibytes = self.server.resident_mebibytes()

    def forget(self) -> None:
        """Drop what a warm-up round measured."""
        self.cpu_microseconds.clear()
        self.per_second.clear()
        self.latencies.clear()

    def report(self) -> dict[str, object]:
        """Return what was measured."""
        return {
            "cpuMicroseconds": _range(self.cpu_microseconds),
            "requestsPerSecond": _range(self.per_second),
            "p50Ms": round(_at(self.latencies, 50) * 1000, 2),
            "p99Ms": round(_at(self.latencies, 99) * 1000, 2),
            "residentMebibytes": round(self.resident_mebibytes, 1),
            "requests": self.requests * len(self.cpu_microseconds),
        }

    def _refuse_wrong_answers(self, result: RoundResult) -> None:
        if not result.statuses.keys() <= self.expected:
            raise RuntimeError(f"{self.scenario}, {self.name}: answers {result.statuses}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The running parts."""

    endpoints: SandboxEndpoints
    service: MeasuredServer
    bare: MeasuredServer
    common: MeasuredServer
    tuned: MeasuredServer
    reservation_id: str


async def measure(bench: Bench, *, rounds: int, scale: float) -> list[Variant]:
    """Run every variant, interleaved; the first round warms up and is not counted."""
    await asyncio.sleep(STORE_SETTLING_SECONDS)
    variants = _variants(bench, scale)
    for number in range(rounds + 1):
        for variant in variants:
            await variant.run_round()
            if number == 0:
                variant.forget()
        print(f"round {number} of {rounds}", flush=True)
    return variants


def _variants(bench: Bench, scale: float) -> list[Variant]:
    clerks = _desktops(bench.endpoints, "front_desk", DESKTOPS)
    managers = _desktops(bench.endpoints, "general_manager", DESKTOPS)
    check_ins = CheckIns(bench.reservation_id)
    servers = {
        OURS: (bench.service, f"http://127.0.0.1:{SERVICE_PORT}"),
        BARE: (bench.bare, f"http://127.0.0.1:{BARE_PORT}"),
        COMMON: (bench.common, f"http://127.0.0.1:{COMMON_PORT}"),
        TUNED: (bench.tuned, f"http://127.0.0.1:{TUNED_PORT}"),
    }
    rows: list[tuple[str, str, MakeRequests, int, Sequence[Desktop]]] = [
        (SESSION, OURS, session_requests, 2000, clerks),
        (SESSION, BARE, bare_session_requests, 2000, clerks),
        (SESSION, COMMON, bare_session_requests, 2000, clerks),
        (SESSION, TUNED, bare_session_requests, 2000, clerks),
        (WARM, OURS, warm_dashboard_requests, 1000, managers),
        (CHECK_IN, OURS, check_ins.requests, 200, clerks),
    ]
    return [
        Variant(
            scenario=scenario,
            name=name,
            server=servers[name][0],
            origin=servers[name][1],
            make_requests=make,
            requests=max(CONNECTIONS, int(count * scale)),
            desktops=desktops,
            expected=frozenset({200, 409}) if scenario == CHECK_IN else frozenset({200}),
        )
        for scenario, name, make, count, desktops in rows
    ]


def main(arguments: argparse.Namespace) -> int:
    """Start everything, measure, print, write the report."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bff-bench-")))
        state = folder / "sandbox"
        stack.enter_context(running_sandbox(state))
        os.sched_setaffinity(0, {1})
        bench = _start(state, folder, stack)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            variants = runner.run(measure(bench, rounds=arguments.rounds, scale=arguments.scale))
        report = _report(variants, rounds=arguments.rounds)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    _print_table(variants)
    return 0


def _start(state: Path, folder: Path, stack: ExitStack) -> Bench:
    endpoints = SandboxEndpoints.read(state / "endpoints.json")
    settings = _settings(state)
    peer = {
        **os.environ,
        "PEER_ISSUER": settings["BFF_ISSUER"],
        "PEER_AUDIENCE": settings["BFF_AUDIENCE"],
        "PEER_KEY_SET_URL": f"{settings['BFF_ISSUER']}/.well-known/jwks.json",
        "PEER_REDIS_URL": Path(settings["BFF_REDIS_SESSION_URL_FILE"]).read_text().strip(),
    }

    def peer_environment(port: int) -> dict[str, str]:
        return {**peer, "PEER_PORT": str(port), "PEER_ORIGIN": f"http://127.0.0.1:{port}"}

    def start(command: Sequence[str], environment: Mapping[str, str], port: int) -> MeasuredServer:
        log = folder / f"{port}.log"
        return stack.enter_context(running_server(command, environment, port=port, log=log))

    service = {
        **os.environ,
        **settings,
        "BFF_HTTP_PORT": str(SERVICE_PORT),
        "BFF_METRICS_PORT": str(METRICS_PORT),
        "BFF_PUBLIC_ORIGINS": f"http://127.0.0.1:{SERVICE_PORT}",
    }
    bff = str(PROJECT / ".venv/bin/bff")
    return Bench(
        endpoints=endpoints,
        service=start([bff, "api"], service, SERVICE_PORT),
        bare=start(
            [sys.executable, "-m", "benchmarks.bare_service"],
            peer_environment(BARE_PORT),
            BARE_PORT,
        ),
        common=start(
            ["node", str(PEER / "common.mjs")], peer_environment(COMMON_PORT), COMMON_PORT
        ),
        tuned=start(["node", str(PEER / "tuned.mjs")], peer_environment(TUNED_PORT), TUNED_PORT),
        reservation_id=_confirmed_reservation(endpoints, settings),
    )


def _confirmed_reservation(endpoints: SandboxEndpoints, settings: Mapping[str, str]) -> str:
    """Return one of today's arrivals, as the reservation service tells it."""
    tenant = endpoints.tenants[0]
    property_id = tenant["properties"][0]["id"].replace("prop_", "ppt_")
    identity = Path(settings["BFF_SERVICE_IDENTITY_TOKEN_FILE"]).read_text().strip()
    url = settings["BFF_UPSTREAM_RESERVATION_URL"] + "/api/v1/reservations/arrivals"
    asked = Request(  # noqa: S310 - loopback
        f"{url}?propertyId={property_id}&limit=100",
        headers={"Authorization": f"Bearer {identity}", "X-Tenant-Id": tenant["id"]},
    )
    with urlopen(asked, timeout=5) as answer:  # noqa: S310 - loopback
        page = json.loads(answer.read())  # noqa: TID251 - the simulator's own answer
    confirmed: str = next(
        item["id"] for item in page["items"] if item["state"] == "confirmed" and item["roomId"]
    )
    return confirmed


def _settings(state: Path) -> dict[str, str]:
    lines = (state / "service.env").read_text().splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {name: value.strip("'\"") for name, _, value in pairs}


def _desktops(endpoints: SandboxEndpoints, role: str, count: int) -> list[Desktop]:
    tenant = endpoints.tenants[0]["operators"]
    operator = next(o for o in tenant if role in o["roles"])
    return [sign_in(endpoints, operator) for _ in range(count)]


def _ratios(variants: list[Variant]) -> dict[str, float]:
    median = {(v.scenario, v.name): statistics.median(v.cpu_microseconds) for v in variants}
    return {
        f"{scenario}, {name} / {other}, {peer}": round(
            median[scenario, name] / median[other, peer], 3
        )
        for scenario, name, other, peer in RATIOS
    }


def _report(variants: list[Variant], *, rounds: int) -> dict[str, object]:
    scenarios: dict[str, dict[str, object]] = {}
    for variant in variants:
        scenarios.setdefault(variant.scenario, {})[variant.name] = variant.report()
    return {
        "ranAt": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - a report's date
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "processor": platform.machine(),
        },
        "rounds": rounds,
        "scenarios": scenarios,
        "ratios": _ratios(variants),
    }


def _print_table(variants: list[Variant]) -> None:
    heads = "CPU µs", "range", "req/s", "p50 ms", "p99 ms", "MiB"
    print(f"{'scenario':16}{'variant':16}" + "".join(f"{head:>12}" for head in heads))
    for variant in variants:
        cpu = variant.cpu_microseconds
        cells = (
            f"{statistics.median(cpu):.0f}",
            f"{min(cpu):.0f}..{max(cpu):.0f}",
            f"{statistics.median(variant.per_second):.0f}",
            f"{_at(variant.latencies, 50) * 1000:.2f}",
            f"{_at(variant.latencies, 99) * 1000:.2f}",
            f"{variant.resident_mebibytes:.1f}",
        )
        cells_text = "".join(f"{cell:>12}" for cell in cells)
        print(f"{variant.scenario:16}{variant.name:16}{cells_text}")
    for name, ratio in _ratios(variants).items():
        print(f"{name:55}{ratio:6.2f}")


def _range(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "least": round(min(values), 1),
        "most": round(max(values), 1),
    }


def _at(values: list[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    sys.exit(main(parser.parse_args()))
