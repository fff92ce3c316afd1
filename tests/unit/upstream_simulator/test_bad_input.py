"""Whatever is sent to whatever route: a refusal in the upstream's dialect, never a 5xx."""

import itertools
import json

import pytest
from tests.integration.simulator.proof_key import ProofKey
from tests.unit.upstream_simulator.in_process import (
    IAM_ORIGIN,
    IDENTITY,
    InProcess,
    ask,
    in_process,
)

from upstream_simulator.exchange import Route
from upstream_simulator.iam.sessions import Sessions
from upstream_simulator.iam.signing_keys import SigningKeys
from upstream_simulator.upstream import Upstream
from upstream_simulator.upstreams.catalogue import all_upstreams

_NUMBERS = itertools.count(1)
JUNK: list[object] = [
    None,
    0,
    -1,
    10**15,
    1.5,
    True,
    "",
    "x" * 10_000,
    "\ud800",
    "\x00",
    [],
    [None],
    [{}],
    {},
    {"amountMicro": "1", "currency": "XXX"},
    {"amountMicro": 1},
    {"kind": "staff", "userId": 7},
    {"areas": {"x": 1}},
]
MEMBERS = (
    "roomId",
    "note",
    "reason",
    "status",
    "amount",
    "kind",
    "method",
    "drawerId",
    "description",
    "openingFloat",
    "counted",
    "direction",
    "rooms",
    "preferredKinds",
    "validFrom",
    "validUntil",
    "reservationId",
    "scope",
    "assignee",
    "assigneeId",
    "title",
    "propertyId",
    "category",
    "severity",
    "decision",
    "delta",
    "operatorId",
    "ids",
    "recipientId",
    "guest",
    "roomTypeId",
    "departureDate",
    "adults",
    "theme",
    "dashboard",
    "scopes",
    "schemaVersion",
    "cursors",
)
QUERIES = ["limit=-1", "limit=1e3", "cursor=AAAA", "from=x&to=y", "date=2026-02-31", "keys=%00"]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    return in_process(tmp_path_factory.mktemp("bad_input"))


@pytest.fixture(scope="module")
def upstreams(simulator: InProcess) -> tuple[Upstream, ...]:
    return all_upstreams(Sessions(SigningKeys(simulator.simulator.world.state)))


def some_id(simulator: InProcess, upstream: str, pattern: str, tenant: str) -> str:
    """Fill the pattern with ids that exist where there are any."""
    kinds = {
        "reservations": "reservation",
        "tasks": "task",
        "rooms": "room",
        "work-orders": "work_order",
        "folios": "folio",
        "cash-drawers": "drawer",
        "key-credentials": "credential",
        "devices": "device",
        "suggestions": "suggestion",
        "feed": "entry",
        "tenants": "tenant",
        "properties": "property",
    }
    parts = pattern.split("/")
    for index, part in enumerate(parts):
        if part.startswith("{"):
            row = simulator.simulator.world.state.connection.execute(
                "SELECT id FROM objects WHERE upstream = ? AND kind = ? AND tenant = ? LIMIT 1",
                (upstream, kinds.get(parts[index - 1], ""), tenant[4:]),
            ).fetchone()
            operator = simulator.directory[0]["operators"][0]["id"]
            parts[index] = operator if row is None else str(row[0])
    return "/".join(parts)


def headers_for(upstream: Upstream, tenant: str, property_id: str) -> dict[str, str]:
    number = next(_NUMBERS)
    ulid, uuid = f"01K{number:023d}", f"00000000-0000-4000-8000-{number:012d}"
    dialect = upstream.dialect
    key = ulid if dialect.key_form.fullmatch(ulid) else uuid
    return {
        "authorization": f"Bearer {IDENTITY}",
        "x-tenant-id": f"{dialect.tenant_prefix}_{tenant[4:]}",
        "x-property-id": f"{dialect.property_prefix}_{property_id[5:]}",
        dialect.idempotency_header: key,
    }


def test_junk_bodies_are_refused_by_every_mutation(
    simulator: InProcess, upstreams: tuple[Upstream, ...]
) -> None:
    tenant = simulator.directory[0]
    for upstream, route in routes(upstreams, reads=False):
        path = some_id(simulator, upstream.name, route.pattern, tenant["id"])
        for junk in JUNK:
            for body in [junk, _all(junk), *members_with(junk)]:
                reply = ask(
                    simulator.simulator.upstreams,
                    route.method,
                    f"/{upstream.name}{path}",
                    body,
                    headers_for(upstream, tenant["id"], tenant["properties"][0]["id"]),
                )
                assert reply.status < 500, (upstream.name, route, body, reply.body)


def members_with(junk: object) -> list[object]:
    """One member at a time; a few kinds of junk are enough for that."""
    return [{name: junk} for name in MEMBERS] if junk in (None, -1, "", [None], {}) else []


def _all(junk: object) -> object:
    names = ("amount", "kind", "method", "reason", "description", "note", "status", "decision")
    return dict.fromkeys(names, junk)


def test_junk_queries_are_refused_by_every_read(
    simulator: InProcess, upstreams: tuple[Upstream, ...]
) -> None:
    tenant = simulator.directory[0]
    for upstream, route in routes(upstreams, reads=True):
        path = some_id(simulator, upstream.name, route.pattern, tenant["id"])
        headers = headers_for(upstream, tenant["id"], tenant["properties"][0]["id"])
        property_id = headers["x-property-id"]
        for query in ["", *QUERIES]:
            target = f"/{upstream.name}{path}?propertyId={property_id}&{query}"
            reply = ask(simulator.simulator.upstreams, "GET", target, None, headers)
            assert reply.status < 500, (target, reply.body)
            if reply.status >= 400:
                assert reply.headers["content-type"] == "application/problem+json"
                assert json.JSONDecoder().decode(reply.body.decode())


def routes(upstreams: tuple[Upstream, ...], *, reads: bool) -> list[tuple[Upstream, Route]]:
    return [
        (upstream, route)
        for upstream in upstreams
        for route in upstream.routes
        if (route.method == "GET") == reads
    ]


@pytest.mark.parametrize("path", ["/", "//", "/nobody/x", "/reservation", "/reservation/../admin"])
def test_paths_of_nobody_are_404(simulator: InProcess, path: str) -> None:
    tenant = simulator.directory[0]["id"]

    assert simulator.upstream("GET", path, x_tenant_id=tenant).status == 404


def test_a_wrong_method_names_the_right_ones(simulator: InProcess) -> None:
    tenant = simulator.directory[0]["id"]

    reply = simulator.upstream("DELETE", "/property/api/v1/properties", x_tenant_id=tenant)

    assert (reply.status, reply.headers["allow"]) == (405, "GET")


def test_a_body_of_another_type_is_415(simulator: InProcess) -> None:
    reply = simulator.iam(
        "POST", "/api/v1/auth/login", {"username": "x"}, content_type="text/plain"
    )

    assert reply.status == 415


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/auth/refresh", "/oauth/token"])
def test_junk_is_refused_by_iam_before_and_after_the_proof(simulator: InProcess, path: str) -> None:
    identity = f"Bearer {IDENTITY}"
    proof = simulator.proof(ProofKey(), IAM_ORIGIN + path)
    for junk in JUNK:
        body = {"username": junk, "password": junk, "refreshToken": junk, "deviceName": junk}
        for each in (junk, body):
            reply = simulator.iam("POST", path, each, authorization=identity, dpop=proof)
            assert 400 <= reply.status < 500, (each, reply.body)
