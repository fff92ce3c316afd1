"""One upstream: who may ask, for which tenant, which route, acted once."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from upstream_simulator.dialect import Dialect
from upstream_simulator.exchange import NOT_FOUND, Answer, Call, Refusal, Route, RouteTable
from upstream_simulator.idempotency import keep_answer, kept_answer, read_by_key, read_claim
from upstream_simulator.identifiers import has_prefix, ulid_of, with_prefix

UNAUTHENTICATED: Final = "MELMASTOON.GENERAL.UNAUTHENTICATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A service played here. `plain` ones (iam) authenticate in their own handlers."""

    name: str
    dialect: Dialect
    routes: Sequence[Route]
    plain: bool = False

    def table(self) -> RouteTable:
        """Return the routes ready to be searched, the read-by-key one among them."""
        by_key = Route(
            method="GET",
            pattern=f"{self.dialect.base}/idempotency-keys/{{key}}",
            handler=read_by_key,
        )
        return RouteTable([*self.routes] if self.plain else [by_key, *self.routes])


class Receptionist:
    """Takes a call to its handler and every refusal into the upstream's dialect."""

    def __init__(self, upstreams: Sequence[Upstream]) -> None:
        self._upstreams: Mapping[str, tuple[Upstream, RouteTable]] = {
            upstream.name: (upstream, upstream.table()) for upstream in upstreams
        }

    @property
    def names(self) -> frozenset[str]:
        """The upstreams served here."""
        return frozenset(self._upstreams)

    def answer(self, call: Call) -> Answer:
        """Answer the call; runs inside the caller's transaction."""
        upstream, table = self._upstreams[call.upstream]
        try:
            answer = self._admitted(call, upstream, table)
        except Refusal as refusal:
            answer = upstream.dialect.problem(call, refusal)
        request_id = call.header("x-request-id")
        if request_id is None:
            return answer
        return Answer(
            status=answer.status,
            body=answer.body,
            headers={**answer.headers, "x-request-id": request_id},
        )

    def failure(self, call: Call, status: int, code: str) -> Answer:
        """Refuse in the upstream's dialect what never reached a handler."""
        return self._upstreams[call.upstream][0].dialect.problem(call, Refusal(status, code))

    @staticmethod
    def _admitted(call: Call, upstream: Upstream, table: RouteTable) -> Answer:
        if upstream.plain:
            route, call.parameters = table.find(call.method, call.path)
            return route.handler(call)
        require_service_identity(call)
        _admit_tenant(call, upstream.dialect)
        route, call.parameters = table.find(call.method, call.path)
        if route.kind != "mutation":
            return route.handler(call)
        return _act_once(call, upstream.dialect, route)


def require_service_identity(call: Call) -> None:
    """Raise a 401 Refusal unless the one service that may call us does."""
    expected = f"Bearer {call.world.settings.service_identity_token}"
    presented = call.header("authorization") or ""
    if not hmac.compare_digest(presented.encode(), expected.encode()):
        raise Refusal(401, UNAUTHENTICATED, headers={"www-authenticate": "Bearer"})


def _admit_tenant(call: Call, dialect: Dialect) -> None:
    mismatch = Refusal(dialect.mismatch_status, dialect.mismatch_code)
    values = call.header_values("x-tenant-id")
    if len(values) != 1 or not has_prefix(dialect.tenant_prefix, values[0]):
        raise mismatch
    if call.state.get("tenant", with_prefix("tnt", values[0])) is None:
        raise mismatch
    call.tenant = ulid_of(values[0])
    for named in (*call.header_values("x-property-id"), call.query.get("propertyId")):
        if named is not None:
            require_property(call, dialect, named)


def require_property(call: Call, dialect: Dialect, identifier: object) -> str:
    """Return the bare ULID of one of the tenant's properties; refuse any other."""
    if isinstance(identifier, str) and has_prefix(dialect.property_prefix, identifier):
        found = call.state.get("property", with_prefix("ppt", identifier))
        if found is not None and found.tenant == call.tenant:
            return ulid_of(identifier)
    raise Refusal(dialect.mismatch_status, dialect.mismatch_code)


def _act_once(call: Call, dialect: Dialect, route: Route) -> Answer:
    claim = read_claim(call, dialect)
    kept = kept_answer(call, claim)
    if kept is not None:
        return kept
    try:
        answer = route.handler(call)
    except Refusal as refusal:
        answer = dialect.problem(call, refusal)
    keep_answer(call, claim, answer)
    return answer


def not_found() -> Refusal:
    """Say the same for a missing, a foreign and a misnamed object."""
    return Refusal(404, NOT_FOUND)
