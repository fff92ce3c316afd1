"""HTTP in, HTTP out: reads a request, lets a fault strike, writes down, answers.

A call is on disk before anything else happens to it, and with its answer before that leaves.
"""

import asyncio
import logging
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from upstream_simulator import fault_effects
from upstream_simulator.call_log import CallLog
from upstream_simulator.exchange import Answer, Call, World
from upstream_simulator.faults import Fault, FaultBook
from upstream_simulator.requests import BadRequest, read_call
from upstream_simulator.upstream import Receptionist

_log = logging.getLogger("upstream_simulator")


class SimulatedServer:
    """The ASGI application of one listener. `address` says which upstream a path belongs to."""

    def __init__(
        self,
        *,
        world: World,
        receptionist: Receptionist,
        call_log: CallLog,
        faults: FaultBook,
        address: Callable[[str], tuple[str, str] | None],
        on_commit: Callable[[], None],
    ) -> None:
        self._world = world
        self._receptionist = receptionist
        self._call_log = call_log
        self._faults = faults
        self._address = address
        self._on_commit = on_commit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do to it what a fault says."""
        try:
            call = await self._read(scope, receive)
        except BadRequest as bad:
            await fault_effects.send_answer(send, Answer(status=bad.status))
            return
        fault = self._faults.take(call)
        if fault is None or fault.kind == "duplicate_event":
            call.event_copies = 1 if fault is None else fault.number("copies", 2)
            await fault_effects.send_answer(send, self._perform(call))
            return
        await self._strike(fault, call, scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> Call:
        found = self._address(scope["path"])
        if found is None:
            raise BadRequest(404)
        upstream, path = found
        return await read_call(scope, receive, world=self._world, upstream=upstream, path=path)

    def _perform(self, call: Call, *, number: int | None = None) -> Answer:
        """Act and write down in one transaction; a bug of ours undoes both and is a 500."""
        state = self._world.state
        try:
            with state.transaction():
                entry = number or self._call_log.record(call)
                answer = self._receptionist.answer(call)
                self._call_log.settle(entry, answer.status)
        except Exception:  # noqa: BLE001 - the outermost boundary: any bug is a 500
            _log.exception("%s %s failed", call.method, call.upstream)
            answer = self._receptionist.failure(call, 500, "MELMASTOON.GENERAL.INTERNAL")
            with state.transaction():
                self._call_log.settle(number or self._call_log.record(call), answer.status)
        self._on_commit()
        return answer

    async def _strike(
        self, fault: Fault, call: Call, scope: Scope, receive: Receive, send: Send
    ) -> None:
        with self._world.state.transaction():
            number = self._call_log.record(call)
        if fault.kind == "latency":
            await asyncio.sleep(fault.number("ms", 1000) / 1000)
            late = self._too_late(fault, call, number)
            await fault_effects.send_answer(send, late or self._perform(call, number=number))
            return
        answer = self._perform(call, number=number) if fault.acts else None
        if fault.kind in {"hang", "reset", "lost_answer"}:
            self._note(number, None)
            if fault.kind == "hang":
                await fault_effects.wait_until_the_client_goes(receive)
            else:
                await fault_effects.cut_connection(scope, receive)
            return
        await self._answer_badly(fault, number, answer, send)

    def _too_late(self, fault: Fault, call: Call, number: int) -> Answer | None:
        """Refuse to act after the caller's deadline, if the fault's upstream keeps to it."""
        deadline = call.header("x-deadline-ms") or ""
        if not fault.parameters.get("honoursDeadline") or not deadline.isascii():
            return None
        if not deadline.isdigit() or fault.number("ms", 1000) < int(deadline[:9]):
            return None
        self._note(number, 504)
        return self._receptionist.failure(call, 504, "MELMASTOON.GENERAL.DEADLINE_EXCEEDED")

    async def _answer_badly(
        self, fault: Fault, number: int, answer: Answer | None, send: Send
    ) -> None:
        if fault.kind == "slow_body":
            await fault_effects.send_slowly(send, answer or Answer(status=204), fault)
        elif fault.kind == "huge_body":
            self._note(number, 200)
            await fault_effects.send_huge_body(send, fault)
        else:
            make = (
                fault_effects.error_answer
                if fault.kind == "error"
                else fault_effects.garbage_answer
            )
            bad = make(fault)
            self._note(number, bad.status)
            await fault_effects.send_answer(send, bad)

    def _note(self, number: int, status: int | None) -> None:
        with self._world.state.transaction():
            self._call_log.settle(number, status)
