"""Starts every part in order, watches them, and ends them all."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import msgspec

from sandbox import control
from sandbox.child_process import ProcessStuckError
from sandbox.control import Answer, PartStatus, Request, SupervisorFile
from sandbox.endpoints import Endpoints, describe_endpoints, greeting, read_tenants
from sandbox.generated_secrets import write_private_file
from sandbox.guardian import Guardian
from sandbox.part import PartFailedError, RunningPart, State, bound_log, describe_exit
from sandbox.plan import Options, Plan, make_plan
from sandbox.ports import NoFreePortError
from sandbox.postgres_server import DatabaseNotMadeError
from sandbox.process_record import ProcessRecord, end_leftovers
from sandbox.state_directory import StateDirectory
from sandbox.store_home import NoStoreHomeError

_WATCH_SECONDS: Final = 0.2
_LOG_BYTES_MAX: Final = 64 * 1024 * 1024
_EXPECTED: Final = (
    PartFailedError,
    NoFreePortError,
    NoStoreHomeError,
    DatabaseNotMadeError,
    ProcessStuckError,
    msgspec.ValidationError,
    TimeoutError,
    OSError,
)


class StartFailedError(Exception):
    """A part did not start; the message says which, why and where its log is."""


class Supervisor:
    """All parts of one sandbox, for as long as it runs."""

    def __init__(
        self, state: StateDirectory, plan: Plan, options: Options, guardian: Guardian
    ) -> None:
        self._state = state
        self._plan = plan
        self._options = options
        self._stages = [[RunningPart(part, guardian) for part in stage] for stage in plan.stages]
        self._by_name = {
            running.part.name: running
            for stage in self._stages
            for running in stage
            if running.part.is_ready is not None
        }
        self._is_all_ready = False
        self._is_over = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Run until asked to end. Raises what kept a part from starting.

        Nothing is left running in either case.
        """
        self._listen_to_signals()
        with _socket_folder() as folder:
            path = folder / "control"
            server = await control.serve(path, self._handle)
            place = SupervisorFile(pid=os.getpid(), socket=str(path))
            write_private_file(self._state.supervisor, msgspec.json.encode(place))
            try:
                await self._until_over(self._start_and_watch())
            finally:
                await self._stop_all()
                server.close()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end_or_hurry)

    def _end_or_hurry(self) -> None:
        """End politely at the first signal; at the next one kill what is left."""
        if self._is_over.is_set():
            for stage in self._stages:
                for running in stage:
                    running.hurry()
        self._is_over.set()

    async def _until_over(self, work: Coroutine[None, None, None]) -> None:
        """Do the work; break it off when the end is asked for."""
        task = asyncio.create_task(work)
        over = asyncio.create_task(self._is_over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            task.cancel()
            await asyncio.wait({task, over})
        if not task.cancelled():
            task.result()

    async def _start_and_watch(self) -> None:
        await self._start_all()
        await self._watch()

    async def _start_all(self) -> None:
        started_at = time.monotonic()
        for name in self._plan.moved_ports:
            say(f"the port of {name} was taken: it is {self._plan.addresses.ports[name]} now")
        for stage in self._stages:
            async with self._one_at_a_time, asyncio.TaskGroup() as group:
                for running in stage:
                    group.create_task(self._start_one(running))
        endpoints = self._write_endpoints()
        for line in greeting(endpoints):
            say(line)
        if self._options.instances > 1:
            say(f"{endpoints.bff} is a balancer in front of {', '.join(endpoints.instances)}")
        took = f"{time.monotonic() - started_at:.1f} s"
        say(f"ready after {took}; Ctrl-C or `.venv/bin/sandbox down` ends it")
        self._is_all_ready = True

    async def _start_one(self, running: RunningPart) -> None:
        started_at = time.monotonic()
        await running.start()
        port = f" on {running.part.port}" if running.part.port else ""
        done = "ready" if running.part.is_ready else "done"
        say(f"  {running.part.name:<16} {done}{port} ({time.monotonic() - started_at:.1f} s)")

    def _write_endpoints(self) -> Endpoints:
        endpoints = describe_endpoints(
            self._plan.addresses,
            self._plan.stores,
            read_tenants(self._state.simulator / "directory.json"),
            has_client=self._options.has_client,
        )
        document = msgspec.json.format(msgspec.json.encode(endpoints))
        write_private_file(self._state.endpoints, document + b"\n")
        return endpoints

    async def _watch(self) -> None:
        """Report each part that ends by itself; the others live on."""
        while True:
            async with self._one_at_a_time:
                for running in self._by_name.values():
                    code = await running.notice_death()
                    if code is not None:
                        self._report_death(running, f"died ({describe_exit(code)})")
                    bound_log(running.part.log, bytes_max=_LOG_BYTES_MAX)
            await asyncio.sleep(_WATCH_SECONDS)

    def _report_death(self, running: RunningPart, what: str) -> None:
        name = running.part.name
        say(
            f"part {name} {what}; the others live on. Log: {running.part.log}."
            f" `sandbox start {name}` starts it again.",
            to=sys.stderr,
        )

    async def _stop_all(self) -> None:
        """End the parts, the last started first."""
        self._state.endpoints.unlink(missing_ok=True)
        say("stopping")
        async with self._one_at_a_time:
            for stage in reversed(self._stages):
                async with asyncio.TaskGroup() as group:
                    for running in stage:
                        group.create_task(running.stop())
        self._state.supervisor.unlink(missing_ok=True)
        say("stopped")

    async def _handle(self, request: Request) -> Answer:
        match request.action:
            case "status":
                return self._answer("")
            case "down":
                self._is_over.set()
                return self._answer("stopping")
            case "start" | "stop" | "kill":
                return await self._handle_part(request)

    async def _handle_part(self, request: Request) -> Answer:
        running = self._by_name.get(request.part)
        if running is None:
            known = ", ".join(self._by_name)
            return self._answer(f"no part {request.part!r}; there are: {known}", is_done=False)
        if not self._is_all_ready:
            return self._answer("the sandbox is still starting", is_done=False)
        async with self._one_at_a_time:
            try:
                return await self._change(running, request)
            except (PartFailedError, OSError) as error:
                return self._answer(str(error), is_done=False)

    async def _change(self, running: RunningPart, request: Request) -> Answer:
        name = running.part.name
        match request.action:
            case "start" if running.state is State.READY:
                return self._answer(f"{name} runs already")
            case "start":
                await self._start_one(running)
                return self._answer(f"{name} is ready")
            case "stop":
                await running.stop()
                return self._answer(f"{name} is stopped")
            case _:
                await running.kill()
                self._report_death(running, "was killed")
                return self._answer(f"{name} is killed")

    def _answer(self, message: str, *, is_done: bool = True) -> Answer:
        return Answer(
            is_done=is_done,
            message=message,
            is_all_ready=self._is_all_ready,
            parts=tuple(_status(running) for running in self._by_name.values()),
        )


def run_supervisor(state: StateDirectory, options: Options, *, lock: int) -> None:
    """Run the whole sandbox in this process until it is asked to end.

    Raises StartFailedError when a part does not start; nothing is left running then.
    """
    try:
        end_leftovers(state.processes)
        plan = make_plan(state, options)
        guardian = Guardian.start(
            remove_at_end=(state.endpoints, state.supervisor, state.processes),
            lock=lock,
            record=ProcessRecord(state.processes),
        )
        try:
            asyncio.run(Supervisor(state, plan, options, guardian).run())
        finally:
            guardian.dismiss()
    except* _EXPECTED as failures:
        raise StartFailedError("\n".join(map(str, failures.exceptions))) from None


def say(line: str, *, to: TextIO = sys.stdout) -> None:
    """Tell whoever started the sandbox; nobody may be listening any more."""
    with contextlib.suppress(OSError):
        print(line, file=to, flush=True)


def _status(running: RunningPart) -> PartStatus:
    part = running.part
    return PartStatus(
        name=part.name,
        pid=running.pid,
        port=part.port,
        log=str(part.log),
        state=running.state,
        data=str(part.data) if part.data else None,
    )


@contextmanager
def _socket_folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
