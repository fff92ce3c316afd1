import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from tests.unit.sandbox.dummy_parts import (
    DIES_AT_ONCE,
    IGNORES_SIGTERM,
    dummy_part,
    guardian,
    is_running,
    kill,
    until,
)

from sandbox import control
from sandbox.addresses import Addresses, wanted_ports
from sandbox.control import Action, Answer, Request
from sandbox.endpoints import Endpoints
from sandbox.generated_secrets import new_password
from sandbox.part import Part, PartFailedError
from sandbox.plan import Options, Plan
from sandbox.postgres_server import OWNER, SERVICE_ROLES, SUPERUSER
from sandbox.state_directory import StateDirectory
from sandbox.store_home import StoreHome
from sandbox.stores import Stores
from sandbox.supervisor import Supervisor
from sandbox.valkey_server import PURPOSES


class Sandbox:
    """A supervisor with dummy parts, spoken to as the commands do."""

    def __init__(self, state: StateDirectory) -> None:
        self.state = state

    async def ask(self, action: Action, part: str = "") -> Answer:
        request = Request(action=action, part=part)
        return await asyncio.to_thread(control.ask, self.state.supervisor, request)

    async def is_all_ready(self) -> bool:
        with contextlib.suppress(control.NotRunningError):
            return (await self.ask("status")).is_all_ready
        return False

    async def state_of(self, name: str) -> str:
        parts = (await self.ask("status")).parts
        return next(part.state for part in parts if part.name == name)

    async def pids(self) -> list[int]:
        return [part.pid for part in (await self.ask("status")).parts if part.pid]


def plan_of(folder: Path, *stages: tuple[Part, ...]) -> Plan:
    names = (SUPERUSER, OWNER, *SERVICE_ROLES, *(purpose.name for purpose in PURPOSES))
    addresses = Addresses(ports=wanted_ports(instances=1, base=None), instances=1)
    stores = Stores.describe(
        StoreHome(directory=folder, site_packages=folder, user=None),
        ports=addresses.ports,
        passwords={name: new_password() for name in names},
        logs=folder,
    )
    return Plan(stages=stages, addresses=addresses, stores=stores, moved_ports=())


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(path=tmp_path / "state")
    state.path.mkdir()
    state.prepare(is_fresh=False)
    (state.simulator / "directory.json").write_text("[]")
    return state


@contextlib.asynccontextmanager
async def running(state: StateDirectory, plan: Plan) -> AsyncGenerator[Sandbox]:
    with guardian() as watching:
        task = asyncio.create_task(Supervisor(state, plan, Options(), watching).run())
        sandbox = Sandbox(state)
        try:
            await until(sandbox.is_all_ready)
            yield sandbox
            await sandbox.ask("down")
        finally:
            await asyncio.wait({task}, timeout=10)
        task.result()


async def test_endpoints_are_there_exactly_while_all_is_ready(
    state: StateDirectory, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),), (dummy_part(tmp_path, name="b"),))

    async with running(state, plan) as sandbox:
        document = msgspec.json.decode(state.endpoints.read_bytes(), type=Endpoints)
        pids = await sandbox.pids()

        assert document.bff == "http://127.0.0.1:8083"
        assert state.endpoints.stat().st_mode & 0o777 == 0o600
        assert len(pids) == 2

    assert not state.endpoints.exists()
    assert not any(map(is_running, pids))


async def test_a_part_that_dies_is_reported_and_the_rest_lives(
    state: StateDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"), dummy_part(tmp_path, name="b")))

    async with running(state, plan) as sandbox:
        first, second = await sandbox.pids()
        kill(first)

        async def is_dead() -> bool:
            return await sandbox.state_of("a") == "dead"

        await until(is_dead)

        assert is_running(second)
        assert "part a died (SIGKILL); the others live on" in capsys.readouterr().err
        answer = await sandbox.ask("start", "a")
        assert answer.is_done
        assert await sandbox.state_of("a") == "ready"


async def test_a_dead_part_is_not_started_behind_ones_back(
    state: StateDirectory, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),))

    async with running(state, plan) as sandbox:
        await sandbox.ask("kill", "a")
        await asyncio.sleep(0.5)  # More than two rounds of the watch.

        assert await sandbox.state_of("a") == "dead"
        assert await sandbox.pids() == []


async def test_a_stopped_part_is_not_reported_as_dead(
    state: StateDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),))

    async with running(state, plan) as sandbox:
        await sandbox.ask("stop", "a")

        assert await sandbox.state_of("a") == "stopped"
        assert "died" not in capsys.readouterr().err


async def test_an_unknown_part_is_refused_by_name(state: StateDirectory, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),))

    async with running(state, plan) as sandbox:
        answer = await sandbox.ask("kill", "nothing")

        assert not answer.is_done
        assert "there are: a" in answer.message
        assert await sandbox.state_of("a") == "ready"


async def test_a_part_that_does_not_start_ends_the_whole_start(
    state: StateDirectory, tmp_path: Path
) -> None:
    good = dummy_part(tmp_path, name="good")
    bad = dummy_part(tmp_path, name="bad", script=DIES_AT_ONCE)
    plan = plan_of(tmp_path, (good,), (bad,))

    with guardian() as watching:
        supervisor = Supervisor(state, plan, Options(), watching)
        with pytest.raises(ExceptionGroup) as raised:
            await supervisor.run()

    assert raised.group_contains(PartFailedError, match="bad: ended with exit code 3")
    assert not state.endpoints.exists()
    assert not state.supervisor.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_polite_signal_ends_everything(
    state: StateDirectory, tmp_path: Path, number: signal.Signals
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),))

    with guardian() as watching:
        task = asyncio.create_task(Supervisor(state, plan, Options(), watching).run())
        sandbox = Sandbox(state)
        await until(sandbox.is_all_ready)
        pids = await sandbox.pids()

        os.kill(os.getpid(), number)
        await asyncio.wait_for(task, timeout=10)

    assert not any(map(is_running, pids))


async def test_a_second_signal_does_not_wait_for_a_part_that_will_not_end(
    state: StateDirectory, tmp_path: Path
) -> None:
    part = dummy_part(tmp_path, name="a", script=IGNORES_SIGTERM, stop_within_seconds=60)
    plan = plan_of(tmp_path, (part,))

    with guardian() as watching:
        task = asyncio.create_task(Supervisor(state, plan, Options(), watching).run())
        sandbox = Sandbox(state)
        await until(sandbox.is_all_ready)
        pids = await sandbox.pids()

        os.kill(os.getpid(), signal.SIGINT)

        async def is_stopping() -> bool:
            return await sandbox.state_of("a") == "stopping"

        await until(is_stopping)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(task, timeout=10)

    assert not any(map(is_running, pids))


async def test_a_line_that_is_no_request_is_answered_and_changes_nothing(
    state: StateDirectory, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, (dummy_part(tmp_path, name="a"),))

    async with running(state, plan) as sandbox:
        place = msgspec.json.decode(state.supervisor.read_bytes(), type=control.SupervisorFile)
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(b'{"action": "explode"}\n')
        answer = msgspec.json.decode(await reader.readline(), type=Answer)
        writer.close()

        assert not answer.is_done
        assert await sandbox.state_of("a") == "ready"
