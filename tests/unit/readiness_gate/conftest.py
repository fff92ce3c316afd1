"""What the tests of the gate share."""

from pathlib import Path

import pytest
from tests.unit.readiness_gate.repository import FixedClock, Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    # The temporary folder may lie inside some other work tree: git must not look up there.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return Repository(root=tmp_path, clock=FixedClock())
