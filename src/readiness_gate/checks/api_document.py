"""R1.3: the API document says what the code says."""

import sys

from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

API_DOCUMENT = "openapi/openapi.yaml"

_GENERATE = "import sys; from bff_backoffice.cli.main import main; sys.exit(main(['openapi']))"


def api_document_is_current(inspection: Inspection) -> Finding:
    """R1.3. Committed, and byte for byte what the code generates now."""
    if not inspection.exists(API_DOCUMENT):
        return not_ready("there is no API document", details=[API_DOCUMENT])
    generated = inspection.run(sys.executable, "-c", _GENERATE)
    committed = inspection.run("git", "show", f"HEAD:{API_DOCUMENT}")
    commands = (generated.evidence, committed.evidence)
    files = inspection.evidence(API_DOCUMENT)
    if generated.exit_code != 0 or not generated.output.strip():
        last_line = generated.failure or generated.output.strip().rpartition("\n")[2]
        return unknown(f"the code generates none: {last_line}", commands=commands)
    if committed.exit_code != 0:
        return not_ready("the API document is not committed", commands=commands, files=files)
    if committed.evidence.output_sha256 != files[0].sha256:
        return not_ready(
            "the API document is not the one committed", commands=commands, files=files
        )
    if generated.evidence.output_sha256 != files[0].sha256:
        return not_ready(
            "the API document is not what the code generates now", commands=commands, files=files
        )
    return ready(commands=commands, files=files)
