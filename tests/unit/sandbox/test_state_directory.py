import stat
from pathlib import Path

import pytest

from sandbox.state_directory import AlreadyRunningError, StateDirectory


def test_only_one_supervisor_uses_a_state_directory(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path / "state")

    with state.locked():
        assert state.is_locked()
        with pytest.raises(AlreadyRunningError), state.locked():
            pass
        assert state.is_locked()

    assert not state.is_locked()


def test_looking_at_a_state_directory_does_not_make_one(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path / "state")

    assert not state.is_locked()
    assert not state.path.exists()


def test_the_state_directory_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir(mode=0o755)
    state = StateDirectory(path=path)

    with state.locked():
        state.prepare(is_fresh=False)

    for folder in (path, state.logs, state.secret_files, state.simulator):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_fresh_start_forgets_everything_but_the_lock(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path / "state")
    with state.locked():
        state.prepare(is_fresh=False)
        for file in (state.secrets, state.ports, state.simulator / "state.db"):
            file.write_text("old")

        state.prepare(is_fresh=False)
        assert state.secrets.read_text() == "old"
        state.prepare(is_fresh=True)

        assert not state.secrets.exists()
        assert not state.ports.exists()
        assert list(state.simulator.iterdir()) == []
        assert state.is_locked()


def test_endpoints_of_an_earlier_run_are_gone_before_the_start(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path / "state")
    with state.locked():
        state.endpoints.write_text("{}")

        state.prepare(is_fresh=False)

    assert not state.endpoints.exists()
