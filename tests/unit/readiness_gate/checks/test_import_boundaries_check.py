import pytest
from tests.unit.readiness_gate.repository import Repository

from readiness_gate.checks.import_boundaries import import_boundaries_hold
from readiness_gate.finding import Verdict

CONTRACTS = """[tool.importlinter]
root_packages = ["bff_backoffice"]

[[tool.importlinter.contracts]]
id = "layers"
name = "Layers"
type = "layers"
containers = ["bff_backoffice"]
layers = ["presentation | jobs", "application", "domain"]

[[tool.importlinter.contracts]]
id = "no-skips"
name = "No skips"
type = "forbidden"
allow_indirect_imports = true
source_modules = ["bff_backoffice.presentation"]
forbidden_modules = ["bff_backoffice.domain"]
"""


@pytest.fixture
def layered(repository: Repository) -> Repository:
    repository.write("pyproject.toml", CONTRACTS)
    repository.write("src/bff_backoffice/__init__.py", "")
    repository.write("src/bff_backoffice/jobs.py", "")
    repository.write("src/bff_backoffice/domain.py", "")
    repository.write("src/bff_backoffice/application.py", "import bff_backoffice.domain\n")
    repository.write("src/bff_backoffice/presentation.py", "import bff_backoffice.application\n")
    return repository


def test_imports_that_go_one_layer_down_are_ready(layered: Repository) -> None:
    finding = import_boundaries_hold(layered.inspection())

    assert finding.verdict is Verdict.READY
    assert finding.commands[0].exit_code == 0


@pytest.mark.parametrize(
    ("module", "imported"), [("presentation", "domain"), ("domain", "application")]
)
def test_a_planted_import_breaks_the_boundary(
    layered: Repository, module: str, imported: str
) -> None:
    layered.write(f"src/bff_backoffice/{module}.py", f"import bff_backoffice.{imported}\n")
    if module == "domain":
        layered.write("src/bff_backoffice/application.py", "")

    finding = import_boundaries_hold(layered.inspection())

    assert (finding.verdict, finding.reason) == (
        Verdict.NOT_READY,
        "broken import contracts: 1",
    )
    assert len(finding.details) == 1


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        ('type = "layers"', 'type = "independence"', "orders"),
        ('"application", "domain"]', '"domain", "application"]', "orders"),
        ('"application", "domain"]', '"application | domain"]', "orders"),
        ('"application", "domain"]', '"domain"]', "orders"),
        ('containers = ["bff_backoffice"]', 'containers = ["another"]', "orders"),
        ('layers = ["p', 'ignore_imports = ["a -> b"]\nlayers = ["p', "orders"),
        ('forbidden_modules = ["bff_backoffice.domain"]', "forbidden_modules = []", "keeps"),
        ('source_modules = ["bff_backoffice.presentation"]', "source_modules = []", "keeps"),
        ("allow_indirect_imports = true", 'ignore_imports = ["a -> b"]', "keeps"),
    ],
)
def test_a_loosened_contract_is_not_ready(
    layered: Repository, old: str, new: str, lacks: str
) -> None:
    assert old in CONTRACTS
    layered.write("pyproject.toml", CONTRACTS.replace(old, new))

    finding = import_boundaries_hold(layered.inspection())

    assert finding.verdict is Verdict.NOT_READY
    assert finding.reason.startswith(f"no import contract {lacks}")


def test_a_linter_that_cannot_work_is_unknown(layered: Repository) -> None:
    layered.write("pyproject.toml", CONTRACTS.replace('["bff_backoffice"]\n\n', '["gone"]\n\n', 1))

    assert import_boundaries_hold(layered.inspection()).verdict is Verdict.UNKNOWN
