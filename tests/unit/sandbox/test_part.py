import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.sandbox.dummy_parts import (
    DIES_AT_ONCE,
    HAS_A_CHILD,
    IGNORES_SIGTERM,
    NEVER_READY,
    dummy_part,
    guardian,
    is_running,
    kill,
    until,
)

from sandbox.part import PartFailedError, RunningPart, State, bound_log


def has_a_process(running: RunningPart) -> Callable[[], Awaitable[bool]]:
    async def claim() -> bool:
        return running.pid is not None

    return claim


async def test_a_part_is_ready_only_when_its_probe_says_so(tmp_path: Path) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path), watching)

        await running.start()

        assert running.state is State.READY
        assert running.pid is not None
        assert is_running(running.pid)
        await running.stop()


async def test_a_stopped_part_leaves_no_process_and_can_be_started_again(tmp_path: Path) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path, script=HAS_A_CHILD), watching)
        await running.start()
        child = int((tmp_path / "dummy" / "child").read_text())

        await running.stop()

        assert running.state is State.STOPPED
        assert running.pid is None
        assert not is_running(child)
        await running.start()
        assert running.pid is not None
        await running.stop()


async def test_killing_takes_the_children_too(tmp_path: Path) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path, script=HAS_A_CHILD), watching)
        await running.start()
        child = int((tmp_path / "dummy" / "child").read_text())

        await running.kill()

        assert running.state is State.DEAD
        assert not is_running(child)


async def test_a_part_that_ignores_the_polite_signal_is_killed_after_its_time(
    tmp_path: Path,
) -> None:
    with guardian() as watching:
        part = dummy_part(tmp_path, script=IGNORES_SIGTERM, stop_within_seconds=0.2)
        running = RunningPart(part, watching)
        await running.start()
        pid = running.pid
        assert pid is not None

        await running.stop()

        assert not is_running(pid)


async def test_a_part_that_ends_before_it_is_ready_fails_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path, script=DIES_AT_ONCE), watching)

        with pytest.raises(PartFailedError, match=r"(?s)exit code 3.*why it died"):
            await running.start()

        assert running.state is State.DEAD


async def test_a_part_that_never_gets_ready_fails_and_is_gone(tmp_path: Path) -> None:
    with guardian() as watching:
        part = dummy_part(tmp_path, script=NEVER_READY, ready_within_seconds=0.2)
        running = RunningPart(part, watching)

        with pytest.raises(PartFailedError, match="not ready after"):
            await running.start()

        assert running.pid is None


async def test_a_start_broken_off_leaves_nothing(tmp_path: Path) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path, script=NEVER_READY), watching)
        starting = asyncio.create_task(running.start())
        await until(has_a_process(running))
        pid = running.pid
        assert pid is not None

        starting.cancel()
        await asyncio.wait({starting})

        assert starting.cancelled()
        assert not is_running(pid)


async def test_a_death_is_noticed_once(tmp_path: Path) -> None:
    with guardian() as watching:
        running = RunningPart(dummy_part(tmp_path), watching)
        await running.start()
        assert running.pid is not None
        assert await running.notice_death() is None

        kill(running.pid)
        codes: list[int] = []

        async def death_is_noticed() -> bool:
            code = await running.notice_death()
            codes.extend([] if code is None else [code])
            return code is not None

        await until(death_is_noticed)

        assert codes == [-9]
        assert running.state is State.DEAD
        assert await running.notice_death() is None


async def test_a_step_that_ends_well_is_done_and_one_that_does_not_fails(tmp_path: Path) -> None:
    with guardian() as watching:
        step = replace(dummy_part(tmp_path, script="echo done"), is_ready=None)
        done = RunningPart(step, watching)
        await done.start()
        assert done.state is State.STOPPED

        failing = RunningPart(replace(step, command=("/bin/sh", "-c", "exit 1")), watching)
        with pytest.raises(PartFailedError, match="exit code 1"):
            await failing.start()


async def test_each_start_begins_a_log_and_keeps_the_one_before(tmp_path: Path) -> None:
    with guardian() as watching:
        part = dummy_part(tmp_path, script="echo $$; touch ready; exec sleep 60")
        running = RunningPart(part, watching)
        await running.start()
        first = running.pid
        await running.stop()
        await running.start()
        second = running.pid
        await running.stop()

    assert part.log.read_text() == f"{second}\n"
    assert part.log.with_suffix(".log.1").read_text() == f"{first}\n"


def test_a_log_that_grew_too_large_is_set_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)

        bound_log(log, bytes_max=50)
        writer.write(b"after")

    assert log.read_bytes() == b"after"
    assert log.with_suffix(".log.1").stat().st_size == 100
