"""The one table of routes: who may call each, with what, for how long.

The router, the authorization checks, the API document and the tests all read these rows.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Final

from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.presentation.http import AnyAnswer, Request

Handler = Callable[[Request], Awaitable[AnyAnswer]]

BASE_PATH: Final = "/bff/backoffice/v1"
PUBLIC_BASE_PATH: Final = "/api/bff/backoffice/v1"
BODY_BYTES_MAX: Final = 64 * 1024
REQUEST_SECONDS_MAX: Final = 10.0

FRONT_DESK: Final = "front_desk"
GENERAL_MANAGER: Final = "general_manager"
OWNER: Final = "owner"
ALL_ROLES: Final = frozenset(
    {
        FRONT_DESK,
        "housekeeping_lead",
        "housekeeper",
        "maintenance_tech",
        "fnb_manager",
        GENERAL_MANAGER,
        OWNER,
    }
)


ANY_CALLER: Final[frozenset[str]] = frozenset()
"""For routes about the caller's own session: one who has lost every role may still end it."""


class Credential(Enum):
    """What a route asks of its caller."""

    NONE = "none"
    OWN = "own"
    """A credential of its own, which the handler checks (refresh, scheduler jobs)."""
    SESSION = "session"
    """Access token, DPoP proof and device header."""


class PropertyScope(Enum):
    """Whether a route works on one property."""

    NONE = "none"
    REQUIRED = "required"
    """`X-Property-Id`, else the session's primary property, else the operator's only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShape:
    """One status of a route's own answers and what its body is; for the API document."""

    status: int = 200
    body: object = None
    """A type that msgspec can describe; None for an answer without a body."""
    media_type: str = "application/json"
    meaning: str = "Done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row. `path` is below the base path unless `at_root`; `{name}` takes one segment."""

    method: str
    path: str
    handler: Handler
    credential: Credential = Credential.SESSION
    roles: frozenset[str] = ALL_ROLES
    property_scope: PropertyScope = PropertyScope.NONE
    needs_idempotency_key: bool = False
    needs_resolved_scope: bool = False
    """Not on the token's word alone: tenant-service must have narrowed the caller's scope."""
    lock_action: str | None = None
    """Which action on a lock this is; for traces."""
    reads_body: bool = False
    body_bytes_max: int = BODY_BYTES_MAX
    seconds_max: float = REQUEST_SECONDS_MAX
    at_root: bool = False
    query_fields: tuple[str, ...] = ()
    request_body: type | None = None
    answers: tuple["AnswerShape", ...] = ()
    refusals: tuple[str, ...] = ()
    """Dotted codes of this route's own refusals; those of every route are not repeated."""


class RouteNotFound(ServiceError):  # noqa: N818 - reads as the fact it states
    """No route has this path."""

    code: ClassVar[str] = "resource.not_found"


class MethodNotAllowed(ServiceError):  # noqa: N818 - reads as the fact it states
    """The path exists, with other methods."""

    code: ClassVar[str] = "request.method_not_allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


@dataclass(slots=True)
class _Node:
    """One path segment of the tree; `parameter` is the branch that takes any segment."""

    children: dict[str, "_Node"]
    parameter: "_Node | None"
    routes: dict[str, Route]


class Router:
    """Finds the row of a request. Built once; two rows of one place are a ValueError."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node({}, None, {})
        for route in routes:
            bases = ("",) if route.at_root else (BASE_PATH, PUBLIC_BASE_PATH)
            for base in bases:
                self._add(route, base + route.path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the row and its path parameters. Raises RouteNotFound or MethodNotAllowed."""
        values: list[str] = []
        node = self._root
        for segment in path.split("/")[1:]:
            child = node.children.get(segment)
            if child is None:
                child = node.parameter
                if child is None or not segment:
                    raise RouteNotFound
                values.append(segment)
            node = child
        route = node.routes.get(method)
        if route is None:
            if not node.routes:
                raise RouteNotFound
            raise MethodNotAllowed(node.routes)
        return route, dict(zip(parameter_names(route.path), values, strict=True))

    def _add(self, route: Route, path: str) -> None:
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node({}, None, {})
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node({}, None, {}))
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {path}")
        node.routes[route.method] = route


def parameter_names(template: str) -> list[str]:
    """Return the names between braces, in order."""
    return [segment[1:-1] for segment in template.split("/") if segment.startswith("{")]
