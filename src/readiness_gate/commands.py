"""The one place that starts other programs, each with a deadline and its whole family."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from readiness_gate.finding import CommandEvidence

OUTPUT_BYTES_MAX = 16 * 1024 * 1024
_EXIT_SECONDS = 5.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command answered. `failure` says why there is no exit code."""

    output: str
    evidence: CommandEvidence
    failure: str = ""

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None when the command never started or never ended."""
        return self.evidence.exit_code


def python_tool(name: str) -> str:
    """Return the path of a tool installed beside the running interpreter."""
    return str(Path(sys.executable).parent / name)


def run_command(
    command: Sequence[str],
    *,
    directory: Path,
    timeout_seconds: float,
    stopped: threading.Event | None = None,
) -> CommandResult:
    """Run a command to its end, standard error merged into its output.

    Never raises for what the command does. One that cannot start, prints too much, outlives the
    timeout or is stopped has no exit code and a `failure`. None outlives this call: whatever
    ends the wait early, the command and its children are killed.
    """
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - arguments are the gate's own, no shell.
                command,
                cwd=directory,
                env=_environment(directory),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            failure = f"could not start {Path(command[0]).name}: {error.strerror}"
            return _result(command, directory, output, failure=failure)
        try:
            failure = _wait(process, timeout_seconds, stopped) or _too_much(output)
        finally:
            _end(process)
        exit_code = None if failure else process.returncode
        return _result(command, directory, output, exit_code=exit_code, failure=failure)


def _environment(directory: Path) -> dict[str, str]:
    # Tools that set-up put beside the project (Node among them) come before the machine's own.
    path = f"{directory}/.tools/bin{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(directory / "src"), "NO_COLOR": "1"}


def _wait(
    process: subprocess.Popen[bytes], timeout_seconds: float, stopped: threading.Event | None
) -> str:
    ends_at = time.monotonic() + timeout_seconds
    while time.monotonic() < ends_at:
        if stopped is not None and stopped.is_set():
            return "stopped"
        try:
            process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return ""
    return f"timed out after {timeout_seconds:.0f} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        # The session's id is the command's own: the signal reaches its children and nobody else.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_EXIT_SECONDS)


def _too_much(output: IO[bytes]) -> str:
    # Half an output must not be taken for the whole: a list cut short would hide what it lacks.
    if output.seek(0, os.SEEK_END) > OUTPUT_BYTES_MAX:
        return f"printed more than {OUTPUT_BYTES_MAX} bytes"
    return ""


def _result(
    command: Sequence[str],
    directory: Path,
    output: IO[bytes],
    *,
    exit_code: int | None = None,
    failure: str = "",
) -> CommandResult:
    output.seek(0)
    text = output.read(OUTPUT_BYTES_MAX).decode("utf-8", "replace")
    output.seek(0)
    digest = hashlib.file_digest(output, "sha256").hexdigest()  # type: ignore[arg-type] # a plain binary file at run time.
    # Reports are read elsewhere: no path of this machine goes into them.
    return CommandResult(
        output=text.replace(f"{directory}/", ""),
        evidence=CommandEvidence(
            command=tuple(_portable(part, directory) for part in command),
            exit_code=exit_code,
            output_sha256=digest,
        ),
        failure=failure,
    )


def _portable(part: str, directory: Path) -> str:
    tools = f"{Path(sys.executable).parent}/"
    return part.replace(tools, "").replace(f"{directory}/", "")
