"""A sandbox of a test's own, worked by its command as anyone would."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sandbox import process_tree
from sandbox.control import PartStatus
from sandbox.endpoints import Endpoints

_COMMAND = Path(sys.executable).with_name("sandbox")
_COMMAND_SECONDS = 120
_DEADLINE_SECONDS = 30.0
# Apart from the usual ports, from other tests' and from those of outgoing connections.
_PORT_BASES = range(12_000, 15_000, 50)


class RunningSandbox:
    """One state directory and the command that works on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port_base = random.choice(_PORT_BASES)  # noqa: S311 - so that runs rarely meet.

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `sandbox` with these arguments and return what it said."""
        return subprocess.run(
            [_COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment that leads the command to this state directory."""
        return {**os.environ, "SANDBOX_STATE_DIRECTORY": str(self.folder)}

    def up(self, *arguments: str) -> str:
        """Start it detached; return what it said."""
        base = ("--port-base", str(self.port_base))
        finished = self.run("up", "--detach", *base, *arguments)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    @contextmanager
    def foreground(self, *arguments: str) -> Generator[subprocess.Popen[str]]:
        """Start it in the foreground, in a group of its own as a terminal would."""
        with subprocess.Popen(
            [_COMMAND, "up", "--port-base", str(self.port_base), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process:
            try:
                yield process
            finally:
                process.kill()  # A test that failed half-way must not wait for it.

    def down(self) -> None:
        """End it; all of it must be gone."""
        family = self.family()
        finished = self.run("down")
        assert finished.returncode == 0, finished.stderr
        wait_until_gone(family)

    def parts(self) -> dict[str, PartStatus]:
        """Return every part by name, from `sandbox status --json`."""
        finished = self.run("status", "--json")
        parts = msgspec.json.decode(finished.stdout, type=list[PartStatus])
        return {part.name: part for part in parts}

    def parts_once(self, name: str, *, state: str) -> dict[str, PartStatus]:
        """Return every part as soon as this one is in this state; fail when it never is."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while (parts := self.parts())[name].state != state:
            assert time.monotonic() < deadline, parts[name]
        return parts

    def endpoints(self) -> Endpoints:
        """Read endpoints.json."""
        content = (self.folder / "endpoints.json").read_bytes()
        return msgspec.json.decode(content, type=Endpoints)

    def supervisor_pid(self) -> int:
        """Return the supervisor's process."""
        place: dict[str, Any] = json.loads(  # noqa: TID251 - the sandbox's own file.
            (self.folder / "supervisor.json").read_text()
        )
        return int(place["pid"])

    def guardian_pid(self) -> int:
        """Return the guardian's process."""
        (guardian,) = (
            member.pid
            for member in process_tree.descendants(self.supervisor_pid())
            if "sandbox.guardian" in (process_tree.command_line(member.pid) or "")
        )
        return guardian

    def family(self) -> frozenset[process_tree.ProcessIdentity]:
        """Return the supervisor and everything below it."""
        pid = self.supervisor_pid()
        return process_tree.descendants(pid) | process_tree.group_members(pid)


def wait_until_gone(family: Iterable[process_tree.ProcessIdentity]) -> None:
    """Wait until none of these processes is left; fail when one stays."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while left := [member.pid for member in family if process_tree.is_alive(member)]:
        assert time.monotonic() < deadline, [process_tree.command_line(pid) for pid in left]
        time.sleep(0.05)
