"""How soon the dashboard's first line comes while every upstream hangs.

Run it against a sandbox: `python -m benchmarks.first_line --endpoints .sandbox/endpoints.json`.
It hangs every upstream, iam and tenant included, asks for dashboards at a steady rate, each on
a connection of its own, each session's first request included, and prints what it saw. Load
goes to 127.0.0.1 alone, bounded in count and time.
"""

import argparse
import asyncio
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.desktop import Desktop, SandboxEndpoints, sign_in

UPSTREAMS: Final = (
    "iam",
    "tenant",
    "property",
    "reservation",
    "inventory",
    "pricing",
    "housekeeping",
    "maintenance",
    "billing",
    "lock-integration",
    "ai-orchestrator",
    "notification",
    "sync",
    "staff",
    "analytics",
    "payment",
)
REQUESTS_MAX: Final = 2000
ANSWER_SECONDS_MAX: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One dashboard: when its head and first line came, and when it was whole."""

    first_line_seconds: float
    whole_seconds: float
    status: int


async def main(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 when an answer was not 200."""
    endpoints = SandboxEndpoints.read(arguments.endpoints)
    desktops = [
        sign_in(endpoints, operator) for operator in endpoints.operators("general_manager")
    ] + [sign_in(endpoints, operator) for operator in endpoints.operators("front_desk")]
    for upstream in UPSTREAMS:
        endpoints.admin("POST", "/faults", {"upstream": upstream, "fault": {"kind": "hang"}})
    try:
        samples = await _load(endpoints, desktops, arguments.rate, arguments.requests)
    finally:
        endpoints.admin("DELETE", "/faults")
    first = sorted(sample.first_line_seconds * 1000 for sample in samples)
    whole = sorted(sample.whole_seconds * 1000 for sample in samples)
    refused = [sample.status for sample in samples if sample.status != 200]
    print(f"{len(samples)} dashboards at {arguments.rate}/s, every upstream hung")
    print(f"first line  p50 {_at(first, 50):6.1f} ms   p95 {_at(first, 95):6.1f} ms")
    print(f"whole       p50 {_at(whole, 50):6.1f} ms   p95 {_at(whole, 95):6.1f} ms")
    print(f"not 200     {len(refused)}")
    return 1 if refused else 0


async def _load(
    endpoints: SandboxEndpoints, desktops: list[Desktop], rate: int, requests: int
) -> list[Sample]:
    started = time.monotonic()
    tasks: list[asyncio.Task[Sample]] = []
    for number in range(min(requests, REQUESTS_MAX)):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        desktop = desktops[number % len(desktops)]
        tasks.append(asyncio.create_task(_dashboard(endpoints, desktop)))
    return list(await asyncio.gather(*tasks))


async def _dashboard(endpoints: SandboxEndpoints, desktop: Desktop) -> Sample:
    url = f"{endpoints.bff}{endpoints.base_path}/dashboard"
    parts = urlsplit(url)
    fields = {
        "Host": parts.netloc,
        "Accept": "application/x-ndjson",
        "Connection": "close",
        "X-Property-Id": desktop.property_ids[0],
        **desktop.headers("GET", url),
    }
    head = f"GET {parts.path} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in fields.items()
    )
    started = time.perf_counter()
    async with asyncio.timeout(ANSWER_SECONDS_MAX):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(head.encode() + b"\r\n")
        status = int((await reader.readline()).split()[1])
        while (await reader.readline()).strip():
            pass
        await reader.readline()  # The chunk's size.
        await reader.readline()  # The layout.
        first_line = time.perf_counter() - started
        await reader.read()
        writer.close()
    return Sample(
        first_line_seconds=first_line,
        whole_seconds=time.perf_counter() - started,
        status=status,
    )


def _at(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=Path, default=Path(".sandbox/endpoints.json"))
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--requests", type=int, default=500)
    sys.exit(asyncio.run(main(parser.parse_args())))
