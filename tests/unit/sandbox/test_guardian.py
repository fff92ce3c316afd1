import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.unit.sandbox.dummy_parts import is_running

from sandbox import process_tree
from sandbox.guardian import Guardian

SOURCES = Path(__file__).parents[3] / "src"
SUPERVISOR = """
import os, pathlib, subprocess, signal, sys
from sandbox.guardian import Guardian
guardian = Guardian.start(remove_at_end=(pathlib.Path(sys.argv[1]),))
part = subprocess.Popen(["/bin/sh", "-c", sys.argv[2]], start_new_session=True)
guardian.watch(part.pid, signal.SIGTERM)
print(part.pid, guardian.pid, flush=True)
signal.pause()
"""
_DEADLINE_SECONDS = 10.0


def test_a_supervisor_killed_outright_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text("{}")
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(file), "sleep 60 & wait"],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCES)},
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        part, guardian = map(int, supervisor.stdout.readline().split())
        family = process_tree.group_members(part)

        supervisor.kill()
        supervisor.wait()
        _wait_until_gone(guardian)

    assert family
    assert not any(map(process_tree.is_alive, family))
    assert not file.exists()


def test_a_forgotten_process_is_left_alone() -> None:
    guardian = Guardian.start()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        guardian.watch(process.pid, signal.SIGTERM)
        guardian.forget(process.pid)

        guardian.dismiss()

        was_running = is_running(process.pid)
        process.kill()
    assert was_running


def test_the_guardian_itself_shrugs_off_polite_signals() -> None:
    guardian = Guardian.start()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        guardian.watch(process.pid, signal.SIGTERM)
        try:
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                _send(guardian, number)

            guardian.dismiss()

            assert process.wait(timeout=_DEADLINE_SECONDS) == -signal.SIGTERM
        finally:
            process.kill()


def _send(guardian: Guardian, number: signal.Signals) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not _ignores(guardian.pid, number):
        assert time.monotonic() < deadline
    os.kill(guardian.pid, number)


def _ignores(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = re.findall(r"^SigIgn:\s*(\w+)$", status, re.MULTILINE)
    return bool(int(mask, 16) & 1 << (number - 1))


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
