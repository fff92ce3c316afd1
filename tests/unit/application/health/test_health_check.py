"""Ready means started, keys loaded, not draining; a store that blinks is told beside it."""

import asyncio

import pytest

from bff_backoffice.application.health import check
from bff_backoffice.application.health.check import HealthCheck


async def up() -> bool:
    return True


async def down() -> bool:
    return False


async def hanging() -> bool:
    await asyncio.sleep(30)
    return True


@pytest.mark.parametrize(
    ("is_started", "is_draining", "are_keys_loaded", "is_ready"),
    [
        (True, False, True, True),
        (False, False, True, False),
        (True, True, True, False),
        (True, False, False, False),
    ],
)
async def test_ready_is_the_processs_own_state(
    *, is_started: bool, is_draining: bool, are_keys_loaded: bool, is_ready: bool
) -> None:
    health = HealthCheck({"postgres": down}, lambda: are_keys_loaded)
    health.is_started = is_started
    health.is_draining = is_draining
    state = await health.readiness()

    assert state.is_ready is is_ready
    assert state.dependencies == {"postgres": False}


async def test_a_dependency_that_hangs_is_down_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check, "PING_SECONDS_MAX", 0.02)
    health = HealthCheck({"a": hanging, "b": up, "c": hanging}, lambda: True)
    state = await asyncio.wait_for(health.readiness(), 1)

    assert state.dependencies == {"a": False, "b": True, "c": False}
