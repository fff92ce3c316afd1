import os
import signal
import subprocess

import pytest

from sandbox import process_tree

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")  # noqa: PTH112 - a flag for the whole file


def test_grandchildren_are_descendants() -> None:
    with subprocess.Popen(["sh", "-c", "sh -c 'echo; sleep 60'"], stdout=subprocess.PIPE) as top:
        assert top.stdout is not None
        top.stdout.readline()

        found = process_tree.descendants(top.pid)
        mine = {member.pid for member in process_tree.descendants(os.getpid())}
        were_alive = all(map(process_tree.is_alive, found))
        for relative in found:
            os.kill(relative.pid, signal.SIGKILL)
        top.kill()

    assert were_alive
    assert top.pid in mine
    assert {relative.pid for relative in found} <= mine


def test_an_ended_process_is_not_alive_even_while_it_is_a_zombie() -> None:
    process = subprocess.Popen(["sleep", "60"])
    (identity,) = (
        member for member in process_tree.descendants(os.getpid()) if member.pid == process.pid
    )
    assert process_tree.is_alive(identity)

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert not process_tree.is_alive(identity)
    process.wait()
    assert not process_tree.is_alive(identity)


def test_a_number_that_came_again_is_another_process() -> None:
    another = process_tree.ProcessIdentity(pid=os.getpid(), start_time=1)

    assert not process_tree.is_alive(another)
