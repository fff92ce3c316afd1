"""One request and its answer, as handlers see them: no sockets, no framework."""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Final, Literal

from upstream_simulator.clock import Clock
from upstream_simulator.documents import Document, NotAnObject, parse_object, to_json
from upstream_simulator.events import EventOutbox
from upstream_simulator.settings import Settings
from upstream_simulator.state import State

PROBLEM_TYPE: Final = "application/problem+json"
VALIDATION_FAILED: Final = "MELMASTOON.GENERAL.VALIDATION_FAILED"
NOT_FOUND: Final = "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND"


class Refusal(Exception):  # noqa: N818 - a no, not an error of the simulator
    """The upstream says no. What was written before it stays: handlers check first, write last."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def json_answer(
    document: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with a JSON document."""
    return Answer(
        status=status,
        body=to_json(document).encode(),
        headers={"content-type": "application/json", **(headers or {})},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every handler may use."""

    settings: Settings
    state: State
    clock: Clock
    events: EventOutbox
    random: Random


@dataclass(kw_only=True)
class Call:
    """One request to one upstream. `path` is that upstream's own; `tenant` a bare ULID."""

    upstream: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Sequence[tuple[str, str]]
    body: bytes
    at: datetime
    world: World
    tenant: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    event_copies: int = 1

    @property
    def state(self) -> State:
        """The database."""
        return self.world.state

    def header(self, name: str) -> str | None:
        """Return the header's value, None if absent; repeated ones are joined (RFC 9110 §5.3)."""
        values = self.header_values(name)
        return ", ".join(values) if values else None

    def header_values(self, name: str) -> list[str]:
        """Return every value of this header, in order."""
        return [value for key, value in self.headers if key == name.lower()]

    @cached_property
    def document(self) -> Document:
        """The body as a JSON object; an empty body is an empty object."""
        if not self.body:
            return {}
        media_type = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refusal(415, "MELMASTOON.GENERAL.UNSUPPORTED_MEDIA_TYPE")
        try:
            return parse_object(self.body)
        except NotAnObject as error:
            raise Refusal(400, VALIDATION_FAILED, "the body is not one JSON object") from error

    def speaking_as(self, upstream: str) -> "Call":
        """Let another upstream speak, as it would once it got this one's event."""
        return dataclasses.replace(self, upstream=upstream)

    def emit(self, subject: str, *, key: str, payload: Document) -> None:
        """Owe an event to the broker, in this upstream's envelope, in this same transaction."""
        self.world.events.owe(
            upstream=self.upstream,
            subject=subject,
            tenant=self.tenant,
            key=key,
            payload=payload,
            at=self.at,
            copies=self.event_copies,
        )


Handler = Callable[[Call], Answer]
Kind = Literal["read", "mutation", "question"]
"""A mutation needs an idempotency key; a question is a POST that changes nothing worth a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and a path pattern such as `/api/v1/reservations/{id}`."""

    method: str
    pattern: str
    handler: Handler
    kind: Kind = "read"

    def matcher(self) -> re.Pattern[str]:
        """Return the expression that the whole path must match."""
        literal = re.split(r"\{(\w+)\}", self.pattern)
        parts = [
            f"(?P<{text}>[^/]+)" if index % 2 else re.escape(text)
            for index, text in enumerate(literal)
        ]
        return re.compile("".join(parts))


class RouteTable:
    """Finds a route; earlier ones win."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(route.matcher(), route) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return route and path parameters; raise a 404 or 405 Refusal."""
        allowed: set[str] = set()
        for matcher, route in self._routes:
            match = matcher.fullmatch(path)
            if match is None:
                continue
            if route.method == method:
                return route, match.groupdict()
            allowed.add(route.method)
        if allowed:
            raise Refusal(
                405,
                "MELMASTOON.GENERAL.METHOD_NOT_ALLOWED",
                headers={"allow": ", ".join(sorted(allowed))},
            )
        raise Refusal(404, NOT_FOUND)
