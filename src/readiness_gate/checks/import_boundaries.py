"""R2.4: presentation → application → domain, no skips."""

import re
import tomllib

import msgspec

from readiness_gate.commands import python_tool
from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

SERVICE_PACKAGE = "bff_backoffice"
ORDER = ("presentation", "application", "domain")

_VERDICT_LINE = re.compile(r"Contracts: \d+ kept, (\d+) broken")


class _Contract(msgspec.Struct, kw_only=True):
    id: str = ""
    type: str
    containers: list[str] = []
    layers: list[str] = []
    source_modules: list[str] = []
    forbidden_modules: list[str] = []
    ignore_imports: list[str] = []


def import_boundaries_hold(inspection: Inspection) -> Finding:
    """R2.4. A clean run counts only if it checked the two contracts that say so."""
    if fault := _contracts_fault(inspection):
        return not_ready(fault, files=inspection.evidence("pyproject.toml"))
    result = inspection.run(python_tool("lint-imports"), "--no-cache")
    commands = (result.evidence,)
    verdict = _VERDICT_LINE.search(result.output)
    if result.exit_code is None or verdict is None:
        last_line = result.failure or (result.output.strip().splitlines() or ["no output"])[-1]
        return unknown(f"lint-imports gave no verdict: {last_line}", commands=commands)
    if result.exit_code != 0 or verdict[1] != "0":
        return not_ready(
            f"broken import contracts: {verdict[1]}",
            details=[line for line in result.output.splitlines() if line.endswith("BROKEN")],
            commands=commands,
        )
    return ready(commands=commands, files=inspection.evidence("pyproject.toml"))


def _contracts_fault(inspection: Inspection) -> str:
    project = tomllib.loads(inspection.text("pyproject.toml"))
    written = project.get("tool", {}).get("importlinter", {}).get("contracts", [])
    contracts = msgspec.convert(written, list[_Contract])
    if not any(_orders_the_layers(contract) for contract in contracts):
        return "no import contract orders presentation, application and domain"
    if not any(_forbids_skips(contract) for contract in contracts):
        return "no import contract keeps presentation from the domain"
    return ""


def _orders_the_layers(contract: _Contract) -> bool:
    # One entry may hold several layers of the same height: "presentation | jobs".
    heights = {
        name.strip(): height
        for height, entry in enumerate(contract.layers)
        for name in re.split(r"[|:]", entry)
    }
    found = [heights[layer] for layer in ORDER if layer in heights]
    return (
        contract.type == "layers"
        and SERVICE_PACKAGE in contract.containers
        and not contract.ignore_imports
        and len(found) == len(ORDER)
        and found == sorted(set(found))
    )


def _forbids_skips(contract: _Contract) -> bool:
    return (
        contract.type == "forbidden"
        and f"{SERVICE_PACKAGE}.presentation" in contract.source_modules
        and f"{SERVICE_PACKAGE}.domain" in contract.forbidden_modules
        and not contract.ignore_imports
    )
