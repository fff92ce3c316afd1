"""What the simulator keeps over `kill -9`, a restart and a reset. Processes of its own."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.simulator.conftest import Hotel, sign_in
from tests.integration.simulator.simulator_process import (
    BFF_REFRESH_URL,
    SimulatorProcess,
    new_simulator,
)

IDLE_STOP_SECONDS_MAX = 2.0


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    running = new_simulator(tmp_path)
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop(signal.SIGKILL)


def first_hotel(simulator: SimulatorProcess) -> Hotel:
    tenant = simulator.tenants()[0]
    return Hotel(
        simulator=simulator,
        tenant=tenant["id"][4:],
        property=tenant["properties"][0]["id"][5:],
        operators={operator["username"]: operator for operator in tenant["operators"]},
    )


def test_state_keys_sessions_calls_and_faults_survive_kill_9(
    own_simulator: SimulatorProcess,
) -> None:
    hotel = first_hotel(own_simulator)
    operator = next(iter(hotel.operators.values()))
    arrival, headers = hotel.ready_arrival(), hotel.mutation()
    signed_in = sign_in(own_simulator, operator)
    checked_in = hotel.check_in(arrival["id"], {}, headers)
    own_simulator.admin(
        "POST", "/faults", {"upstream": "sync", "fault": {"kind": "hang"}, "times": 3}
    )
    keys = own_simulator.iam("GET", "/.well-known/jwks.json").json
    calls = own_simulator.admin("GET", "/calls").json["items"]

    own_simulator.stop(signal.SIGKILL)
    own_simulator.start()

    assert hotel.reservation(arrival["id"])["state"] == "checked_in"
    again = hotel.check_in(arrival["id"], {}, headers)
    assert (again.body, again.headers["idempotent-replay"]) == (checked_in.body, "true")
    assert own_simulator.iam("GET", "/.well-known/jwks.json").json == keys
    assert own_simulator.admin("GET", "/calls").json["items"][: len(calls)] == calls
    assert own_simulator.admin("GET", "/faults").json["items"][0]["remaining"] == 3
    refreshed = own_simulator.iam(
        "POST",
        "/api/v1/auth/refresh",
        {"refreshToken": signed_in.refresh_token},
        {
            "authorization": f"Bearer {own_simulator.identity}",
            "dpop": signed_in.key.proof("POST", BFF_REFRESH_URL),
        },
    )
    assert refreshed.status == 200


def test_a_reset_goes_back_to_the_seed_and_keeps_keys_and_passwords(
    own_simulator: SimulatorProcess,
) -> None:
    hotel = first_hotel(own_simulator)
    arrival = hotel.ready_arrival()
    hotel.check_in(arrival["id"], {}, hotel.mutation())
    keys = own_simulator.iam("GET", "/.well-known/jwks.json").json
    directory = own_simulator.tenants()

    assert own_simulator.admin("POST", "/reset", {}).status == 204

    assert hotel.reservation(arrival["id"]) == arrival
    assert own_simulator.admin("GET", "/calls").json["items"] == []
    assert own_simulator.iam("GET", "/.well-known/jwks.json").json == keys
    assert own_simulator.tenants() == directory
    sign_in(own_simulator, next(iter(hotel.operators.values())))


def test_sigterm_ends_it_at_once_even_while_calls_hang(own_simulator: SimulatorProcess) -> None:
    hotel = first_hotel(own_simulator)
    body = {"upstream": "reservation", "fault": {"kind": "hang"}}
    own_simulator.admin("POST", "/faults", body)
    with pytest.raises(TimeoutError):
        own_simulator.request(
            own_simulator.ports[1],
            "GET",
            f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{hotel.property}",
            seconds=0.3,
        )

    started = time.monotonic()
    status = own_simulator.stop()

    assert status == 0
    assert time.monotonic() - started < IDLE_STOP_SECONDS_MAX


def test_ids_are_the_same_in_every_directory_and_passwords_in_none(
    own_simulator: SimulatorProcess, simulator: SimulatorProcess
) -> None:
    def ids(each: SimulatorProcess) -> list[object]:
        return [
            (tenant["id"], tenant["properties"], [person["id"] for person in tenant["operators"]])
            for tenant in each.tenants()
        ]

    def passwords(each: SimulatorProcess) -> set[str]:
        return {person["password"] for tenant in each.tenants() for person in tenant["operators"]}

    assert ids(own_simulator) == ids(simulator)
    assert passwords(own_simulator).isdisjoint(passwords(simulator))
    mode = (own_simulator.directory / "state" / "directory.json").stat().st_mode
    assert mode & 0o777 == 0o600


def test_a_missing_setting_is_one_clear_line(tmp_path: Path) -> None:
    broken = new_simulator(tmp_path)
    del broken.environment["SIM_IAM_PORT"]

    finished = subprocess.run(
        [sys.executable, "-m", "upstream_simulator"],
        env=broken.environment,
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert (finished.returncode, finished.stderr) == (2, b"SIM_IAM_PORT is not set\n")


def test_a_second_simulator_on_the_same_ports_leaves_the_first_ones_state_alone(
    own_simulator: SimulatorProcess,
) -> None:
    directory = own_simulator.directory / "state" / "directory.json"
    written = directory.stat().st_mtime_ns

    second = subprocess.run(
        [sys.executable, "-m", "upstream_simulator"],
        env=own_simulator.environment,
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert second.returncode == 1
    assert b"cannot start" in second.stderr
    assert b"Traceback" not in second.stderr
    assert directory.stat().st_mtime_ns == written
    assert own_simulator.admin("GET", "/health").status == 200
