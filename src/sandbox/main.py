"""`sandbox`: the whole product on this machine."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sandbox import control
from sandbox.control import Answer, NotRunningError, Request
from sandbox.part import log_tail
from sandbox.plan import PROJECT, Options
from sandbox.state_directory import AlreadyRunningError, StateDirectory
from sandbox.supervisor import StartFailedError, run_supervisor

_DETACHED_READY_SECONDS: Final = 180.0
_END_SECONDS: Final = 90.0
_TAKE_OVER_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.1
_PROCESSES: Final = range(1, 17)
_PORT_BASES: Final = range(1024, 65_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    state = StateDirectory(path=_state_path())
    match parsed.command:
        case "up":
            return _up(state, parsed)
        case "down":
            return _down(state)
        case "status":
            return _status(state, is_json=parsed.json)
        case action:
            return _change(state, Request(action=action, part=parsed.part))


def _up(state: StateDirectory, parsed: argparse.Namespace) -> int:
    options = Options(
        is_fresh=parsed.fresh,
        workers=parsed.workers,
        instances=parsed.instances,
        port_base=parsed.port_base,
        has_client=not parsed.no_client,
    )
    try:
        _wait_for_an_ending_sandbox(state)
        if parsed.detach:
            return _up_detached(state, options)
        with state.locked() as lock:
            run_supervisor(state, options, lock=lock)
    except AlreadyRunningError:
        return _fail("it runs already (`sandbox status` shows it, `sandbox down` ends it)")
    except StartFailedError as error:
        return _fail(str(error))
    return 0


def _wait_for_an_ending_sandbox(state: StateDirectory) -> None:
    """Let the parts of a supervisor that was killed end first: their ports are wanted again."""
    deadline = time.monotonic() + _TAKE_OVER_SECONDS
    while state.is_locked() and time.monotonic() < deadline:
        try:
            control.ask(state.supervisor, Request(action="status"))
        except NotRunningError:
            time.sleep(_POLL_SECONDS)
        else:
            raise AlreadyRunningError(str(state.path))


def _up_detached(state: StateDirectory, options: Options) -> int:
    state.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state.own_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as log:  # It shows sign-ins: ours alone to read.
        process = subprocess.Popen(  # noqa: S603 - this very program again.
            [sys.executable, "-P", "-m", "sandbox", "up", *_as_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT / "src")},
            umask=0o077,
        )
    deadline = time.monotonic() + _DETACHED_READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _is_all_ready(state):
            print(state.own_log.read_text(encoding="utf-8"), end="")
            return 0
        time.sleep(_POLL_SECONDS)
    return _fail(f"it did not become ready; {state.own_log}:\n{log_tail(state.own_log)}")


def _is_all_ready(state: StateDirectory) -> bool:
    try:
        return control.ask(state.supervisor, Request(action="status")).is_all_ready
    except NotRunningError:
        return False


def _down(state: StateDirectory) -> int:
    if not state.is_locked():
        print("The sandbox does not run.")
        return 0
    deadline = time.monotonic() + _END_SECONDS
    while state.is_locked():
        if time.monotonic() > deadline:
            return _fail(f"it has not ended after {_END_SECONDS:.0f} s; log: {state.own_log}")
        # None answers while it begins, or while the parts of a killed supervisor are ended.
        _ask_quietly(state, Request(action="down"))
        time.sleep(_POLL_SECONDS)
    print("The sandbox is stopped.")
    return 0


def _ask_quietly(state: StateDirectory, request: Request) -> Answer | None:
    try:
        return control.ask(state.supervisor, request)
    except NotRunningError:
        return None


def _status(state: StateDirectory, *, is_json: bool) -> int:
    answer = _ask_quietly(state, Request(action="status"))
    if is_json:
        parts = answer.parts if answer else ()
        print(msgspec.json.format(msgspec.json.encode(parts)).decode())
        return 0
    if answer is None:
        print("The sandbox does not run. `sandbox up` starts it.")
        return 0
    row = "{:<16} {:<9} {:>8} {:>6}  {}".format
    print(row("part", "state", "pid", "port", "log"))
    for part in answer.parts:
        print(row(part.name, part.state, part.pid or "-", part.port or "-", part.log))
    print("\ndata")
    for part in answer.parts:
        if part.data:
            print(f"{part.name:<16} {part.data}")
    return 0


def _change(state: StateDirectory, request: Request) -> int:
    try:
        answer = control.ask(state.supervisor, request)
    except NotRunningError:
        return _fail("it does not run")
    if not answer.is_done:
        return _fail(answer.message)
    print(answer.message)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Runs the whole product on this machine, on real parts."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything; Ctrl-C ends it")
    up.add_argument("--detach", action="store_true", help="come back when all is ready")
    up.add_argument("--fresh", action="store_true", help="forget data, ports and passwords first")
    up.add_argument("--no-client", action="store_true", help="leave the desktop client out")
    up.add_argument(
        "--workers",
        type=_number_in(_PROCESSES),
        default=1,
        metavar="N",
        help="processes per API instance",
    )
    up.add_argument(
        "--instances",
        type=_number_in(_PROCESSES),
        default=1,
        metavar="N",
        help="API instances, each on a port of its own; several get a balancer in front",
    )
    up.add_argument(
        "--port-base",
        type=_number_in(_PORT_BASES),
        default=None,
        metavar="P",
        help="consecutive ports from P instead of the usual ones",
    )
    commands.add_parser("down", help="end everything")
    status = commands.add_parser("status", help="show every part and where its data lies")
    status.add_argument("--json", action="store_true", help="for programs")
    for action, text in (
        ("start", "start a part again, on its port and with its data"),
        ("stop", "end a part politely"),
        ("kill", "kill a part as kill -9 does"),
    ):
        commands.add_parser(action, help=text).add_argument("part")
    return parser


def _number_in(allowed: range) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) not in allowed:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number from {allowed.start} to {allowed.stop - 1}"
            )
        return int(text)

    return number


def _as_arguments(options: Options) -> list[str]:
    arguments = ["--workers", str(options.workers), "--instances", str(options.instances)]
    if options.port_base is not None:
        arguments += ["--port-base", str(options.port_base)]
    if options.is_fresh:
        arguments.append("--fresh")
    if not options.has_client:
        arguments.append("--no-client")
    return arguments


def _state_path() -> Path:
    """Return the state directory: `.sandbox` of the project, or another one for a test's own."""
    return Path(os.environ.get("SANDBOX_STATE_DIRECTORY", PROJECT / ".sandbox")).absolute()


def _fail(message: str) -> int:
    print(f"sandbox: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
