"""Processes under measurement: started on one core, their CPU time and memory read."""

import os
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
TASKSET: Final = "/usr/bin/taskset"
STATE_VARIABLE: Final = "SANDBOX_STATE_DIRECTORY"
PORT_BASE: Final = 25_100
READY_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 15
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
SERVER_CORE: Final = "0"
OTHERS_CORE: Final = "1"


class MeasuredServer:
    """One server process on a core of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def cpu_seconds(self) -> float:
        """Return user and system time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_mebibytes(self) -> float:
        """Return the process's resident memory."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def running_server(
    command: Sequence[str], environment: Mapping[str, str], *, port: int, log: Path
) -> Generator[MeasuredServer]:
    """Start the server pinned to its core, wait until it listens, end it afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [TASKSET, "-c", SERVER_CORE, *command],
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
        )
        try:
            _wait_until_listening(port, process, log)
            yield MeasuredServer(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running_sandbox(state: Path) -> Generator[None]:
    """Start stores and simulator, on the other core; its own API idles."""
    environment = {**os.environ, STATE_VARIABLE: str(state)}
    sandbox = [TASKSET, "-c", OTHERS_CORE, str(PROJECT / ".venv/bin/sandbox")]
    up = [*sandbox, "up", "--detach", "--no-client", "--port-base", str(PORT_BASE)]
    subprocess.run(up, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        subprocess.run(  # noqa: S603
            [*sandbox, "down"], env=environment, check=True, stdout=subprocess.DEVNULL
        )


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    last_moment = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < last_moment:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()[-2000:]}")
        connection = HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"the server does not listen: {log.read_text()[-2000:]}")
