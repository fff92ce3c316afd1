"""The committed event schemas, as a test asks them."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[1] / "packages/event-envelope/schemas/bff-backoffice"


def all_schemas() -> dict[str, dict[str, object]]:
    """Return every schema by its `$id`."""
    found = [
        msgspec.json.decode(path.read_bytes(), type=dict[str, object])
        for path in sorted(SCHEMAS.glob("*/v*.json"))
    ]
    return {str(schema["$id"]): schema for schema in found}


@cache
def _validator(schema_uri: str) -> Draft202012Validator:
    schema = all_schemas()[schema_uri]
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def assert_valid(event: bytes) -> dict[str, dict[str, Any]]:  # allow-any: JSON that is valid
    """Fail unless the event is what its own schema says; return it."""
    document: Any = msgspec.json.decode(event)  # allow-any: JSON, judged by its schema next
    validator = _validator(str(document["envelope"]["schemaUri"]))
    errors = [error.message for error in validator.iter_errors(document)]
    assert errors == []
    found: dict[str, dict[str, Any]] = document  # allow-any: JSON that is valid
    return found
