import dataclasses
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.unit.readiness_gate.repository import NOW, Repository

from readiness_gate.recorder import NotRecordedError, take_record
from readiness_gate.records import Record, Recording, StaleEvidenceError, read_record

_RAW = "R3.1.raw.txt"
_WRITE_RAW = f"import pathlib; pathlib.Path('reports/records/{_RAW}').write_text('measured 42')"
RECORDING = Recording(
    row="R3.1",
    steps=(("-c", "print('working')"), ("-c", _WRITE_RAW)),
    tools=("pytest",),
    raw_output=_RAW,
    time_limit=timedelta(seconds=60),
    freshness=timedelta(hours=24),
)
RECORD_PATH = "reports/records/R3.1.json"


@pytest.fixture
def committed(repository: Repository) -> Repository:
    repository.write("src/a.py", "one\n")
    repository.commit()
    return repository


def take(repository: Repository, recording: Recording = RECORDING) -> Record:
    return take_record(recording, root=repository.root, clock=repository.clock)


def rewrite(repository: Repository, **changes: object) -> None:
    path = repository.root / RECORD_PATH
    record = msgspec.json.decode(path.read_bytes(), type=Record)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(record, **changes)))


def test_a_record_of_these_sources_counts(committed: Repository) -> None:
    take(committed)

    result = read_record(RECORDING, committed.inspection())

    assert result.raw_output == b"measured 42"
    assert result.record.exit_codes == (0, 0)
    assert result.record.ran_at == NOW


def test_a_step_that_fails_is_recorded_as_failed(committed: Repository) -> None:
    failing = dataclasses.replace(
        RECORDING, steps=(("-c", "import sys; sys.exit(1)"), ("-c", _WRITE_RAW))
    )

    assert take(committed, failing).exit_codes == (1, 0)


def spoil_source(repository: Repository) -> None:
    repository.write("src/a.py", "two\n")
    repository.commit()


def dirty(repository: Repository) -> None:
    repository.write("src/b.py", "")


SPOILERS: dict[str, Callable[[Repository], None]] = {
    "no record": lambda it: it.delete(RECORD_PATH),
    "malformed": lambda it: it.write(RECORD_PATH, '{"row": 7'),
    "other sources": spoil_source,
    "the tree is dirty now": dirty,
    "taken from a dirty tree": lambda it: rewrite(it, tree_was_clean=False),
    "another command": lambda it: rewrite(it, steps=(("-c", "print(42)"),)),
    "another command wrote": lambda it: rewrite(it, row="R3.2"),
    "other tool versions": lambda it: rewrite(it, tool_versions={"pytest": "0.0"}),
    "raw output is missing": lambda it: it.delete(f"reports/records/{_RAW}"),
    "not the one recorded": lambda it: it.write(f"reports/records/{_RAW}", "measured 99"),
    "older than": lambda it: rewrite(it, ran_at=NOW - timedelta(hours=25)),
    "not a past moment": lambda it: rewrite(it, ran_at=NOW + timedelta(seconds=1)),
}


@pytest.mark.parametrize("reason", SPOILERS)
def test_a_record_that_something_spoiled_is_stale(committed: Repository, reason: str) -> None:
    take(committed)
    read_record(RECORDING, committed.inspection())

    SPOILERS[reason](committed)

    with pytest.raises(StaleEvidenceError, match=reason):
        read_record(RECORDING, committed.inspection())


def test_outside_git_no_record_counts(committed: Repository) -> None:
    take(committed)
    (committed.root / ".git").rename(committed.root / "not-git")

    with pytest.raises(StaleEvidenceError, match="git cannot tell"):
        read_record(RECORDING, committed.inspection())


def test_a_dirty_tree_is_not_recorded_at_all(committed: Repository) -> None:
    dirty(committed)

    with pytest.raises(NotRecordedError, match="dirty"):
        take(committed)

    assert not (committed.root / "reports").exists()


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("print('no output')", "no raw output"),
        (f"{_WRITE_RAW}; pathlib.Path('src/a.py').write_text('x')", "sources changed"),
    ],
)
def test_a_run_that_would_not_count_leaves_no_record(
    committed: Repository, step: str, reason: str
) -> None:
    with pytest.raises(NotRecordedError, match=reason):
        take(committed, dataclasses.replace(RECORDING, steps=(("-c", step),)))

    assert not (committed.root / RECORD_PATH).exists()


def test_a_run_past_its_time_limit_leaves_no_record(committed: Repository) -> None:
    slow = dataclasses.replace(
        RECORDING,
        steps=(("-c", "import time; time.sleep(60)"),),
        time_limit=timedelta(seconds=0.2),
    )

    with pytest.raises(NotRecordedError, match="timed out"):
        take(committed, slow)

    assert not (committed.root / RECORD_PATH).exists()
