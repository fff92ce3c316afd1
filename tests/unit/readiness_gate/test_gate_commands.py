import hashlib
import sys
import time
from pathlib import Path

import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate import commands
from readiness_gate.commands import run_command

ENDED_SECONDS_MAX = 10.0
_PARENT_AND_CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path("child.pid").write_text(str(child.pid))
time.sleep(60)
"""


def test_output_exit_code_and_digest_are_kept(repository: Repository) -> None:
    script = "import sys; print('seen'); print('said', file=sys.stderr); sys.exit(3)"

    result = run_command(
        (sys.executable, "-c", script), directory=repository.root, timeout_seconds=30
    )

    assert result.exit_code == 3
    assert sorted(result.output.split()) == ["said", "seen"]
    assert result.evidence.output_sha256 == hashlib.sha256(result.output.encode()).hexdigest()
    assert result.evidence.command[0] == "python"


def test_no_path_of_this_machine_reaches_the_evidence(repository: Repository) -> None:
    repository.write("found.txt", "")
    path = str(repository.root / "found.txt")

    result = run_command(("ls", path), directory=repository.root, timeout_seconds=30)

    assert result.output == "found.txt\n"
    assert result.evidence.command == ("ls", "found.txt")


def test_a_command_that_outlives_its_time_is_killed_with_its_children(
    repository: Repository,
) -> None:
    result = run_command(
        (sys.executable, "-c", _PARENT_AND_CHILD), directory=repository.root, timeout_seconds=2
    )

    child = int((repository.root / "child.pid").read_text())
    assert result.exit_code is None
    assert result.failure == "timed out after 2 s"
    assert _ends(child)


def test_too_much_output_is_no_answer(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "OUTPUT_BYTES_MAX", 10)

    result = run_command(("echo", "a longer line"), directory=repository.root, timeout_seconds=30)

    assert result.exit_code is None
    assert result.failure == "printed more than 10 bytes"


def test_a_command_that_cannot_start_has_no_exit_code(repository: Repository) -> None:
    result = run_command(("no-such-program",), directory=repository.root, timeout_seconds=5)

    assert result.exit_code is None
    assert result.failure == "could not start no-such-program: No such file or directory"


def _ends(process: int) -> bool:
    """Wait for the kernel to carry out a signal that has been sent."""
    last_moment = time.monotonic() + ENDED_SECONDS_MAX
    while time.monotonic() < last_moment:
        if _has_ended(process):
            return True
        time.sleep(0.01)
    return False


def _has_ended(process: int) -> bool:
    # Killed, it may wait a moment as a zombie for whoever adopts it.
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] in {"Z", "X"}
