"""Finding, checking and changing the objects that a call is about."""

import dataclasses

from upstream_simulator.clock import rfc3339
from upstream_simulator.exchange import Answer, Call, Refusal, json_answer
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
