"""The API document (OpenAPI 3.1), made from the table of routes and nothing else.

What a route promises stands in its row: the same row that routes, authorizes and limits it.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from bff_backoffice.presentation.http import JSON_TYPE, PROBLEM_TYPE
from bff_backoffice.presentation.problems import PROBLEMS, ProblemDocument
from bff_backoffice.presentation.routing import (
    BASE_PATH,
    Credential,
    PropertyScope,
    Route,
    parameter_names,
)

SCHEMA_REFERENCE: Final = "#/components/schemas/{name}"
ULID_PATTERN: Final = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
PATH_PREFIXES: Final = {"reservation_id": "rsv", "activity_id": "act", "lock_id": "lck"}
IDEMPOTENT_METHODS: Final = frozenset({"GET", "PUT"})

ANY_ROUTE: Final = (
    "request.headers_too_large",
    "request.deadline_passed",
    "internal.error",
)
SESSION_ROUTE: Final = (
    "credential.missing",
    "credential.malformed",
    "token.invalid",
    "proof.invalid",
    "proof.nonce_demanded",
    "session.revoked",
    "device.header_missing",
    "proof.quota_spent",
    "access.store_unavailable",
    "access.keys_unavailable",
    "authorization.role_missing",
    "authorization.property_out_of_scope",
)
BODY_ROUTE: Final = (
    "request.body_too_large",
    "request.body_too_slow",
    "request.media_type",
    "request.malformed_body",
)
KEYED_ROUTE: Final = (
    "idempotency.key_missing",
    "idempotency.key_malformed",
    "idempotency.key_reused",
    "idempotency.in_flight",
)

Document = dict[str, object]


def build_document(routes: Iterable[Route], *, version: str) -> Document:
    """Return the whole document, in a stable order."""
    rows = sorted(routes, key=lambda route: (route.at_root, route.path, route.method))
    paths: dict[str, dict[str, object]] = {}
    for route in rows:
        operations = paths.setdefault(_full_path(route), {})
        operations[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotel back-office desktop API",
            "version": version,
            "description": (
                "Every path below the base path is served under `/api` too. Every refusal has "
                "the one error shape; its `code` decides, and a code's status never changes."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _schemas(rows), "securitySchemes": _security_schemes()},
    }


def refusal_codes(route: Route) -> list[str]:
    """Return every dotted code with which this route may refuse, its own and the common ones."""
    codes = [*ANY_ROUTE, *route.refusals]
    if route.credential is Credential.SESSION:
        codes += SESSION_ROUTE
    if route.property_scope is PropertyScope.REQUIRED:
        codes.append("authorization.property_missing")
    if route.needs_resolved_scope:
        codes.append("authorization.scope_unresolved")
    if route.reads_body:
        codes += BODY_ROUTE
    if route.needs_idempotency_key:
        codes += KEYED_ROUTE
    if route.query_fields:
        codes.append("request.malformed_query")
    return sorted(set(codes))


def _operation(route: Route) -> Document:
    operation: Document = {
        "operationId": _operation_id(route),
        "summary": _summary(route),
        "tags": [_tag(route)],
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.credential is Credential.SESSION:
        operation["security"] = [{"accessToken": [], "proof": []}]
        operation["x-roles"] = sorted(route.roles)
    elif route.credential is Credential.OWN:
        operation["security"] = [{"proof": []}]
    else:
        operation["security"] = []
    if route.request_body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON_TYPE: {"schema": _reference(route.request_body)}},
        }
    operation["x-deadline-seconds"] = route.seconds_max
    return operation


def _parameters(route: Route) -> list[Document]:
    parameters: list[Document] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                "pattern": f"^{PATH_PREFIXES[name]}_{ULID_PATTERN}$",
            },
        }
        for name in parameter_names(route.path)
    ]
    for name in route.query_fields:
        text: Document = {"type": "string"}
        parameters.append({"name": name, "in": "query", "required": False, "schema": text})
    if route.credential is Credential.SESSION:
        parameters.append(_header("X-Device-Id", "The token's own device.", is_required=True))
    if route.property_scope is PropertyScope.REQUIRED:
        parameters.append(_header("X-Property-Id", "Else the primary property, else the only one."))
    if route.needs_idempotency_key:
        parameters.append(
            _header("X-Idempotency-Key", "A ULID; the same for every repeat.", is_required=True)
        )
    return parameters


def _header(name: str, meaning: str, *, is_required: bool = False) -> Document:
    return {
        "name": name,
        "in": "header",
        "required": is_required,
        "description": meaning,
        "schema": {"type": "string"},
    }


def _responses(route: Route) -> Document:
    responses: Document = {}
    for answer in route.answers:
        response: Document = {"description": answer.meaning}
        if answer.body is not None:
            response["content"] = {answer.media_type: {"schema": _reference(answer.body)}}
        known = responses.get(str(answer.status))
        if isinstance(known, dict) and answer.body is not None:
            known["content"][answer.media_type] = {"schema": _reference(answer.body)}
        else:
            responses[str(answer.status)] = response
    by_status: dict[int, list[str]] = {}
    for code in refusal_codes(route):
        by_status.setdefault(PROBLEMS[code].status, []).append(PROBLEMS[code].wire_code)
    for status, wire_codes in sorted(by_status.items()):
        responses.setdefault(
            str(status),
            {
                "description": HTTPStatus(status).phrase,
                "content": {PROBLEM_TYPE: {"schema": _reference(ProblemDocument)}},
                "x-codes": sorted(wire_codes),
            },
        )
    return dict(sorted(responses.items()))


def _schemas(routes: Iterable[Route]) -> Document:
    bodies: list[object] = [ProblemDocument]
    for route in routes:
        bodies += [route.request_body, *(answer.body for answer in route.answers)]
    types = [body for body in bodies if body is not None]
    _, components = msgspec.json.schema_components(
        types, ref_template=SCHEMA_REFERENCE, schema_hook=_any_json
    )
    return dict(sorted(components.items()))


def _reference(body: object) -> Mapping[str, object]:
    (reference,), _ = msgspec.json.schema_components(
        [body], ref_template=SCHEMA_REFERENCE, schema_hook=_any_json
    )
    return reference


def _any_json(_type: type) -> dict[str, object]:
    """Describe what this service passes through unread: any JSON value."""
    return {"description": "Any JSON value."}


def _security_schemes() -> Document:
    return {
        "accessToken": {
            "type": "http",
            "scheme": "DPoP",
            "description": "Device-bound access token of iam (RFC 9449 §7.1).",
        },
        "proof": {
            "type": "apiKey",
            "in": "header",
            "name": "DPoP",
            "description": "A proof for this one request (RFC 9449 §4).",
        },
    }


def _full_path(route: Route) -> str:
    return route.path if route.at_root else BASE_PATH + route.path


def _tag(route: Route) -> str:
    return route.path.split("/")[1].lstrip(".")


def _summary(route: Route) -> str:
    first_line = (route.handler.__doc__ or "").strip().splitlines()[0]
    return first_line.rstrip(".")


def _operation_id(route: Route) -> str:
    """Return the handler's name in camel case: `postCheckIn`."""
    first, *rest = route.handler.__name__.split("_")
    return first + "".join(word.capitalize() for word in rest)
