"""A request as routes see it and an answer as they give it. Nothing of ASGI beyond this file."""

from collections.abc import AsyncIterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from bff_backoffice.application.access.caller import Principal, RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import IdempotencyKey, PropertyId
from bff_backoffice.foundation.strict_json import NotStrictJson, parse_object

Scope = MutableMapping[str, Any]  # allow-any: ASGI's own untyped dictionary
Body = TypeVar("Body")

QUERY_FIELDS_MAX: Final = 32
JSON_TYPE: Final = "application/json"
NDJSON_TYPE: Final = "application/x-ndjson"
PROBLEM_TYPE: Final = "application/problem+json"
_UNKNOWN_MEMBER: Final = "Object contains unknown field"


class MalformedBody(ServiceError):  # noqa: N818 - reads as the fact it states
    """The body is not the JSON that this route reads."""

    code = "request.malformed_body"


class MalformedQuery(ServiceError):  # noqa: N818 - reads as the fact it states
    """The query string is not one that this route reads."""

    code = "request.malformed_query"


@dataclass(slots=True, kw_only=True)
class Request:
    """One request. The fields below the line are filled in step by step; see app.py."""

    method: str
    path: str
    """Normalised, with the base path: what a proof's `htu` is compared with."""
    query_string: str
    headers: Mapping[str, str]
    """Lower-case names; of a repeated field the first line."""
    repeated_headers: frozenset[str]
    client_address: str
    facts: RequestFacts
    deadline: Deadline
    # ------------------------------------------------------------------
    route_template: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    authenticated: Principal | None = None
    property_scope: PropertyId | None = None
    key: IdempotencyKey | None = None
    body: bytes = b""

    @property
    def caller(self) -> Principal:
        """The authenticated caller; a programming mistake on a route without one."""
        if self.authenticated is None:
            raise TypeError("this route has no caller")
        return self.authenticated

    @property
    def property_id(self) -> PropertyId:
        """The property in scope; a programming mistake on a route without one."""
        if self.property_scope is None:
            raise TypeError("this route has no property")
        return self.property_scope

    @property
    def idempotency_key(self) -> IdempotencyKey:
        """The caller's key; a programming mistake on a route that asks for none."""
        if self.key is None:
            raise TypeError("this route has no idempotency key")
        return self.key

    def query(self) -> dict[str, str]:
        """Return the query fields. A repeated field is a MalformedQuery."""
        try:
            pairs = parse_qsl(
                self.query_string,
                keep_blank_values=True,
                strict_parsing=bool(self.query_string),
                max_num_fields=QUERY_FIELDS_MAX,
                errors="strict",
            )
        except ValueError as error:
            raise MalformedQuery from error
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise MalformedQuery
        return fields

    def json_object(self, body_type: type[Body]) -> Body:
        """Read the body as that type (a msgspec Struct that forbids unknown fields).

        Raises MalformedBody, naming the field where it can.
        """
        try:
            members = parse_object(self.body, bytes_max=len(self.body))
            return msgspec.convert(members, body_type)
        except NotStrictJson as error:
            raise MalformedBody(f"The body is not a JSON object: {error}.") from error
        except msgspec.ValidationError as error:
            raise MalformedBody(
                "A field of the body is missing, unknown or of the wrong type.",
                fields=((_field_of(error), "invalid"),),
            ) from error

    def accepts(self, media_type: str) -> bool:
        """Tell whether the Accept field names this media type."""
        accepted = self.headers.get("accept", "")
        return any(
            part.split(";", 1)[0].strip().lower() == media_type for part in accepted.split(",")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes = b""
    media_type: str | None = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAnswer:
    """An answer whose chunks are sent as they come; closed when the client goes."""

    chunks: AsyncIterator[bytes]
    status: int = 200
    media_type: str = NDJSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


AnyAnswer = Answer | StreamedAnswer


def json_answer(
    content: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Encode a msgspec Struct, dataclass or plain value."""
    return Answer(status=status, body=msgspec.json.encode(content), headers=headers)


def no_content() -> Answer:
    """Return 204."""
    return Answer(status=204, media_type=None)


def _field_of(error: msgspec.ValidationError) -> str:
    """Return the path that msgspec names at the end of its sentence, e.g. `roomId`.

    A member that we do not know is not named: its name is whatever somebody has sent.
    """
    sentence = str(error)
    if sentence.startswith(_UNKNOWN_MEMBER):
        return "body"
    _, found, place = sentence.rpartition(" - at `$.")
    if found:
        return place.rstrip("`")
    _, found, rest = sentence.partition("field `")
    return rest.partition("`")[0] if found else "body"
