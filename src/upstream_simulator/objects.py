"""Finding, checking and changing the objects that a call is about."""

import dataclasses
from collections.abc import Collection

from upstream_simulator.clock import rfc3339
from upstream_simulator.documents import Document
from upstream_simulator.exchange import VALIDATION_FAILED, Answer, Call, Refusal, json_answer
from upstream_simulator.identifiers import with_prefix
from upstream_simulator.state import StoredObject
from upstream_simulator.upstream import not_found


def own(call: Call, identifier: object, *, kind: str, upstream: str | None = None) -> StoredObject:
    """Return the tenant's object of that kind; refuse missing and foreign ones alike."""
    if isinstance(identifier, str):
        found = call.state.get(upstream or call.upstream, identifier)
        if found is not None and found.tenant == call.tenant and found.kind == kind:
            return found
    raise not_found()


def changed(found: StoredObject, **members: object) -> StoredObject:
    """Return the object with new body members and its version one higher."""
    body = {**found.body, **members, "version": found.body["version"] + 1}
    return dataclasses.replace(found, body=body)


def with_status(found: StoredObject, status: str, call: Call, **members: object) -> StoredObject:
    """Return the object in another status, its body's `status` and `updatedAt` with it."""
    moved = changed(found, **{"status": status, "updatedAt": rfc3339(call.at), **members})
    return dataclasses.replace(moved, status=status)


def versioned(found: StoredObject, *, form: str = '"{}"', status: int = 200) -> Answer:
    """Answer with the object and its `ETag`."""
    return json_answer(
        found.body, status=status, headers={"etag": form.format(found.body["version"])}
    )


def require_version(
    call: Call,
    found: StoredObject,
    *,
    code: str,
    form: str = '"{}"',
    required: bool = False,
) -> None:
    """Refuse with 412 when `If-Match` names another version; 428 when it is due and absent."""
    expected = call.header("if-match")
    if expected is None:
        if required:
            raise Refusal(428, "MELMASTOON.GENERAL.PRECONDITION_REQUIRED")
        return
    if expected != form.format(found.body["version"]):
        raise Refusal(412, code)


def business_day(call: Call, property_ulid: str) -> str:
    """Return the property's open hotel day."""
    found = call.state.get("property", with_prefix("ppt", property_ulid))
    if found is None:
        raise not_found()
    return str(found.body["businessDate"])


def text_in(document: Document, name: str, *, maximum: int = 500, minimum: int = 1) -> str:
    """Return a text member; refuse a missing, empty, overlong or other one."""
    value: object = document.get(name)
    if not isinstance(value, str) or not minimum <= len(value) <= maximum:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is missing or malformed")
    return value


def optional_text_in(document: Document, name: str, *, maximum: int = 500) -> str | None:
    """Return a text member or None; refuse anything else."""
    if document.get(name) is None:
        return None
    return text_in(document, name, maximum=maximum, minimum=0)


def flag_in(document: Document, name: str) -> bool:
    """Return a boolean member, False when absent; refuse anything else."""
    value: object = document.get(name, False)
    if not isinstance(value, bool):
        raise Refusal(400, VALIDATION_FAILED, f"{name} is not a boolean")
    return value


def choice_in(document: Document, name: str, allowed: Collection[str]) -> str:
    """Return a member that is one of these words; refuse others."""
    value = text_in(document, name)
    if value not in allowed:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is unknown")
    return value


def count_in(
    document: Document, name: str, *, least: int, most: int, default: int | None = None
) -> int:
    """Return a whole-number member in a range; refuse others."""
    value: object = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refusal(400, VALIDATION_FAILED, f"{name} is not between {least} and {most}")
    return value


def only_members(document: Document, allowed: Collection[str]) -> None:
    """Refuse members that the route does not know."""
    for name in document:
        if name not in allowed:
            raise Refusal(400, VALIDATION_FAILED, f"{name} is unknown")
