"""R1.4: a JSON schema for every event."""

import re
import sys

from readiness_gate.finding import Finding, not_ready, unknown
from readiness_gate.inspection import Inspection

SCHEMAS_PATTERN = "packages/event-envelope/schemas/bff-backoffice/**/*.json"
SOURCES_PATTERN = "src/bff_backoffice/**/*.py"

# The gate's own code keeps to few parts; the validator is run as a command.
_VALIDATE_SCHEMAS = """
import json, pathlib, sys
from jsonschema import exceptions, validators
failed = False
for path in sys.argv[1:]:
    try:
        schema = json.loads(pathlib.Path(path).read_bytes())
        if not isinstance(schema, dict) or "$schema" not in schema:
            raise ValueError("names no $schema")
        validators.validator_for(schema).check_schema(schema)
    except (ValueError, exceptions.SchemaError) as error:
        failed = True
        print(f"{path}: {str(error).splitlines()[0]}")
sys.exit(failed)
"""
_EVENT_SUBJECT = re.compile(r"melmastoon\.bff\.backoffice\.[a-z_]+\.[a-z_]+\.v[0-9]+")


def event_schemas_are_registered(inspection: Inspection) -> Finding:
    """R1.4. That every emitted event validates is a test's to prove, so never *ready* yet."""
    schemas = inspection.paths(SCHEMAS_PATTERN)
    if not schemas:
        return not_ready("no event schemas")
    validation = inspection.run(sys.executable, "-c", _VALIDATE_SCHEMAS, *schemas)
    commands = (validation.evidence,)
    if validation.exit_code is None:
        return unknown(validation.failure, commands=commands)
    if validation.exit_code != 0:
        return not_ready(
            "not all are valid JSON schemas",
            details=validation.output.splitlines(),
            commands=commands,
        )
    if missing := sorted(_subjects_in_code(inspection) - _subjects_in(schemas, inspection)):
        return not_ready(
            f"events without a schema: {len(missing)}", details=missing, commands=commands
        )
    return unknown(
        f"{len(schemas)} valid schemas; emitted events are not checked against them yet",
        commands=commands,
        files=inspection.evidence(*schemas),
    )


def _subjects_in_code(inspection: Inspection) -> set[str]:
    return _subjects_in(inspection.paths(SOURCES_PATTERN), inspection)


def _subjects_in(paths: list[str], inspection: Inspection) -> set[str]:
    return {subject for path in paths for subject in _EVENT_SUBJECT.findall(inspection.text(path))}
