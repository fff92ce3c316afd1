import subprocess
from pathlib import Path

import msgspec
from tests.unit.sandbox.dummy_parts import is_running

from sandbox.process_record import ProcessRecord, end_leftovers
from sandbox.process_tree import ProcessIdentity


def test_a_process_left_behind_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        ProcessRecord(path).add(process.pid)

        end_leftovers(path)

        was_running = is_running(process.pid)
        process.kill()
    assert not was_running
    assert not path.exists()


def test_a_process_that_ended_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        record = ProcessRecord(path)
        record.add(process.pid)
        record.remove(process.pid)

        end_leftovers(path)

        was_running = is_running(process.pid)
        process.kill()
    assert was_running


def test_a_number_that_came_again_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        earlier = ProcessIdentity(pid=process.pid, start_time=1)
        path.write_bytes(msgspec.json.encode([earlier]))

        end_leftovers(path)

        was_running = is_running(process.pid)
        process.kill()
    assert was_running


def test_a_record_that_is_none_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    end_leftovers(path)
    path.write_text("[{}]")
    end_leftovers(path)
