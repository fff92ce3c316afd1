import os
import signal
import socket
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis
from tests.integration.sandbox.running_sandbox import RunningSandbox, wait_until_gone

from sandbox import process_tree
from sandbox.store_home import remove_store_home

pytestmark = pytest.mark.end_to_end

PARTS = {
    *("postgres", "valkey-cache", "valkey-session", "valkey-broker"),
    *("client", "simulator", "api", "worker"),
}
POLITE_SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox(tmp_path / "state")
    yield sandbox
    sandbox.run("down")
    remove_store_home(sandbox.folder)


@pytest.fixture(scope="module")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Give a running sandbox shared by the tests that leave it as it was."""
    sandbox = RunningSandbox(tmp_path_factory.mktemp("one") / "state")
    sandbox.up()
    yield sandbox
    sandbox.run("down")
    remove_store_home(sandbox.folder)


def get(address: str) -> int:
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address.
        return int(answer.status)


async def test_up_makes_everything_ready_and_down_leaves_nothing(sandbox: RunningSandbox) -> None:
    said = sandbox.up()

    parts = sandbox.parts()
    assert set(parts) == PARTS
    assert {part.state for part in parts.values()} == {"ready"}
    endpoints = sandbox.endpoints()
    assert get(f"{endpoints.bff}/health/ready") == 200
    assert get(f"{endpoints.iam}/.well-known/jwks.json") == 200
    assert get(f"{endpoints.client}/") == 200
    assert get(f"{endpoints.client}/config.json") == 200
    assert get(f"{endpoints.metrics[0]}/metrics") == 200
    assert len(endpoints.tenants) >= 3
    assert endpoints.tenants[0].operators[0].password in said
    file = sandbox.folder / "endpoints.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700

    sandbox.down()

    assert not file.exists()
    assert sandbox.run("status", "--json").stdout.strip() == "[]"


def test_a_second_up_says_so_and_changes_nothing(sandbox: RunningSandbox) -> None:
    sandbox.up()
    before = sandbox.parts()

    for arguments in (["up"], ["up", "--detach"], ["up", "--fresh"]):
        second = sandbox.run(*arguments)

        assert second.returncode != 0
        assert "runs already" in second.stderr
    assert sandbox.parts() == before


async def test_data_and_ports_are_kept_until_a_fresh_start(sandbox: RunningSandbox) -> None:
    sandbox.up()
    first = sandbox.endpoints()
    connection = await asyncpg.connect(first.postgres)
    await connection.execute("CREATE TABLE public.kept AS SELECT 7 AS id")
    await connection.close()
    with redis.Redis.from_url(first.redis_session) as client:
        client.set("kept", "yes")
    sandbox.down()

    sandbox.up()
    second = sandbox.endpoints()
    connection = await asyncpg.connect(second.postgres)
    assert await connection.fetchval("SELECT id FROM public.kept") == 7
    await connection.close()
    with redis.Redis.from_url(second.redis_session) as client:
        assert client.get("kept") == b"yes"
    assert second == first
    sandbox.down()

    sandbox.up("--fresh")
    third = sandbox.endpoints()
    connection = await asyncpg.connect(third.postgres)
    assert await connection.fetchval("SELECT to_regclass('public.kept')") is None
    await connection.close()
    assert third.postgres != first.postgres
    assert [tenant.id for tenant in third.tenants] == [tenant.id for tenant in first.tenants]


def test_a_part_killed_from_outside_is_reported_and_comes_back(sandbox: RunningSandbox) -> None:
    sandbox.up()
    before = sandbox.parts()
    pid = before["api"].pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    after = sandbox.parts_once("api", state="dead")
    assert {name for name, part in after.items() if part.state == "ready"} == PARTS - {"api"}
    assert "part api died (SIGKILL)" in (sandbox.folder / "sandbox.log").read_text()
    assert sandbox.run("start", "api").returncode == 0
    revived = sandbox.parts()["api"]
    assert (revived.state, revived.port) == ("ready", before["api"].port)
    assert get(f"{sandbox.endpoints().bff}/health/ready") == 200


@pytest.mark.parametrize("part", sorted(PARTS))
def test_every_part_can_be_killed_and_started_again(one_sandbox: RunningSandbox, part: str) -> None:
    assert one_sandbox.run("kill", part).returncode == 0
    assert one_sandbox.parts()[part].state == "dead"

    started = one_sandbox.run("start", part)

    assert started.returncode == 0, started.stderr
    assert {status.state for status in one_sandbox.parts().values()} == {"ready"}


def test_an_unknown_part_is_refused(one_sandbox: RunningSandbox) -> None:
    refused = one_sandbox.run("stop", "nothing")

    assert refused.returncode == 1
    assert "no part 'nothing'" in refused.stderr


def test_every_part_listens_on_this_machine_alone(one_sandbox: RunningSandbox) -> None:
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    first, last = one_sandbox.port_base, one_sandbox.port_base + 20

    ours = [place for place in listening if first <= int(place.split(":")[1], 16) < last]

    assert len(ours) >= len(PARTS)
    assert {place.split(":")[0] for place in ours} == {"0100007F"}


def test_no_password_stands_in_an_argument_list(one_sandbox: RunningSandbox) -> None:
    endpoints = one_sandbox.endpoints()
    passwords = [
        url.split("@")[0].rsplit(":", 1)[1]
        for url in (endpoints.postgres, endpoints.redis_session, endpoints.broker)
    ]

    commands = [process_tree.command_line(member.pid) or "" for member in one_sandbox.family()]

    assert len(commands) > len(PARTS)
    assert not any(password in command for password in passwords for command in commands)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_as_root_no_store_runs_as_root(one_sandbox: RunningSandbox) -> None:
    for name, part in one_sandbox.parts().items():
        if name == "postgres" or name.startswith("valkey"):
            assert Path(f"/proc/{part.pid}").stat().st_uid != 0
            assert part.data is not None
            assert Path(part.data).stat().st_uid != 0


@pytest.mark.parametrize("number", POLITE_SIGNALS)
def test_a_signal_in_the_foreground_ends_everything(
    sandbox: RunningSandbox, number: signal.Signals
) -> None:
    with sandbox.foreground() as process:
        assert process.stdout is not None
        _read_until(process.stdout, "ready after")
        family = sandbox.family()
        assert len(family) > len(PARTS)

        os.killpg(process.pid, number)

        assert process.wait(timeout=60) == 0
    wait_until_gone(family)


def test_a_signal_during_the_start_leaves_nothing(sandbox: RunningSandbox) -> None:
    with sandbox.foreground() as process:
        assert process.stdout is not None
        _read_until(process.stdout, "valkey-")
        family = sandbox.family()

        os.killpg(process.pid, signal.SIGINT)

        assert process.wait(timeout=60) == 0
    wait_until_gone(family)
    assert not (sandbox.folder / "endpoints.json").exists()


def test_a_supervisor_killed_outright_leaves_nothing_and_up_works_at_once(
    sandbox: RunningSandbox,
) -> None:
    sandbox.up()
    ports = {name: part.port for name, part in sandbox.parts().items()}
    family = sandbox.family()

    os.kill(sandbox.supervisor_pid(), signal.SIGKILL)
    sandbox.up()

    assert not any(map(process_tree.is_alive, family))
    assert {name: part.port for name, part in sandbox.parts().items()} == ports


def test_what_outlived_even_the_guardian_is_ended_by_the_next_start(
    sandbox: RunningSandbox,
) -> None:
    sandbox.up()
    ports = {name: part.port for name, part in sandbox.parts().items()}
    family = sandbox.family()
    guardian = sandbox.guardian_pid()

    for pid in (guardian, sandbox.supervisor_pid()):
        os.kill(pid, signal.SIGKILL)
    sandbox.up()

    assert not any(map(process_tree.is_alive, family))
    assert {name: part.port for name, part in sandbox.parts().items()} == ports


def test_taken_ports_give_way_and_the_chosen_ones_are_kept(sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", sandbox.port_base)):
        sandbox.up("--no-client")
        chosen = sandbox.endpoints().bff
        assert chosen != f"http://127.0.0.1:{sandbox.port_base}"
        assert get(f"{chosen}/health/ready") == 200
        sandbox.down()

    sandbox.up("--no-client")

    assert sandbox.endpoints().bff == chosen


def test_without_the_client_nothing_serves_it(sandbox: RunningSandbox) -> None:
    sandbox.up("--no-client")

    assert "client" not in sandbox.parts()
    assert sandbox.endpoints().client is None


def test_instances_answer_each_on_a_port_of_its_own_and_behind_one_balancer(
    sandbox: RunningSandbox,
) -> None:
    said = sandbox.up("--instances", "2", "--workers", "2")

    endpoints = sandbox.endpoints()
    assert len(set(endpoints.instances)) == 2
    assert endpoints.bff not in endpoints.instances
    for origin in (endpoints.bff, *endpoints.instances):
        assert get(f"{origin}/health/ready") == 200
    assert "a balancer in front of" in said
    assert sandbox.parts()["balancer"].port == int(endpoints.bff.rsplit(":", 1)[1])
    sandbox.down()


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "--workers", "0"],
        ["up", "--instances", "many"],
        ["up", "--port-base", "80"],
        ["stop"],
        ["dance"],
        [],
    ],
)
def test_bad_arguments_are_refused_before_anything_starts(
    sandbox: RunningSandbox, arguments: list[str]
) -> None:
    refused = sandbox.run(*arguments)

    assert refused.returncode == 2
    assert not sandbox.folder.exists()


def test_commands_without_a_sandbox_say_so(sandbox: RunningSandbox) -> None:
    assert sandbox.run("start", "api").returncode == 1
    assert sandbox.run("status").returncode == 0
    assert sandbox.run("down").returncode == 0


def _read_until(lines: Iterator[str], beginning: str) -> None:
    for line in lines:
        if line.strip().startswith(beginning):
            return
    pytest.fail(f"the sandbox never said {beginning!r}")
