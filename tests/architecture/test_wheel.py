"""What is shipped: the service, and nothing that only one machine's sandbox may have."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
BUILD_SECONDS_MAX = 120


def test_the_wheel_holds_the_service_alone_and_all_of_it(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=BUILD_SECONDS_MAX,
    )

    (wheel,) = tmp_path.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bff_backoffice"}
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/bff_backoffice").rglob("*")
        if path.suffix in {".py", ".lua"}
    }
    migrations = {
        f"bff_backoffice/migrations/{path.name}" for path in (ROOT / "migrations").glob("*.sql")
    }
    assert sources <= names
    assert migrations <= names
