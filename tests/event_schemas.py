"""The committed event schemas, as a test asks them."""

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


def assert_valid(event: bytes) -> dict[str, dict[str, Any]]:  # allow-any: JSON that is valid
    """Fail unless the event is what its own schema says; return it."""
    document: Any = msgspec.json.decode(event)  # allow-any: JSON, judged by its schema next
    schema = all_schemas()[str(document["envelope"]["schemaUri"])]
    Draft202012Validator.check_schema(schema)
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(document)]
    assert errors == []
    found: dict[str, dict[str, Any]] = document  # allow-any: JSON that is valid
    return found
