"""One simulator process for all tests of this folder, and what they ask of it."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.integration.simulator.proof_key import ProofKey
from tests.integration.simulator.simulator_process import (
    Json,
    Reply,
    SimulatorProcess,
    new_simulator,
)

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Give a running simulator; tests pick their own guests and operators of it."""
    running = new_simulator(tmp_path_factory.mktemp("simulator"))
    running.start()
    yield running
    assert running.stop() == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    """A tenant and its first property, as upstreams name them."""

    simulator: SimulatorProcess
    tenant: str
    property: str
    operators: dict[str, Json]

    def headers(self, **more: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"x-tenant-id": f"tnt_{self.tenant}", **named}

    def mutation(self, **more: str) -> dict[str, str]:
        """Headers of a reservation mutation with a key of its own."""
        key = {"idempotency_key": new_ulid(), "x_property_id": f"ppt_{self.property}"}
        return self.headers(**{**key, **more})

    def arrivals(self, state: str = "confirmed") -> list[Json]:
        found = self.simulator.upstream(
            "GET",
            f"/reservation/api/v1/reservations/arrivals?propertyId=ppt_{self.property}&limit=200",
            headers=self.headers(),
        )
        assert found.status == 200
        return [item for item in found.json["items"] if item["state"] == state]

    def room_status(self, room_id: str) -> str:
        room = self.simulator.admin("GET", f"/state/housekeeping/rom_{room_id[4:]}").json
        return str(room["status"])

    def room_number(self, room_id: str) -> str:
        room = self.simulator.admin("GET", f"/state/housekeeping/rom_{room_id[4:]}").json
        return str(room["number"])

    def reservation(self, reservation_id: str) -> Json:
        return self.simulator.admin("GET", f"/state/reservation/{reservation_id}").json

    def ready_arrival(self) -> Json:
        """Find an arrival whose assigned room is ready and free."""
        return next(
            arrival
            for arrival in self.arrivals()
            if arrival["roomId"] and self._is_free(arrival["roomId"])
        )

    def check_in(self, reservation_id: str, body: Json, headers: dict[str, str]) -> Reply:
        path = f"/reservation/api/v1/reservations/{reservation_id}/check-in"
        return self.simulator.upstream("POST", path, body, headers)

    def _is_free(self, room_id: str) -> bool:
        room = self.simulator.admin("GET", f"/state/housekeeping/rom_{room_id[4:]}").json
        return room["status"] == "ready" and not room["occupied"]


def new_ulid() -> str:
    return f"01K{next(_NUMBERS):023d}"


def new_uuid() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="session")
def hotels(simulator: SimulatorProcess) -> list[Hotel]:
    """Give the first property of each tenant: Kabul, Dushanbe (400 rooms), Medina (sharia)."""
    return [
        Hotel(
            simulator=simulator,
            tenant=tenant["id"][4:],
            property=tenant["properties"][0]["id"][5:],
            operators={operator["username"]: operator for operator in tenant["operators"]},
        )
        for tenant in simulator.tenants()
    ]


@pytest.fixture
def kabul(hotels: list[Hotel]) -> Hotel:
    return hotels[0]


@pytest.fixture
def dushanbe(hotels: list[Hotel]) -> Hotel:
    return hotels[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An operator with a session."""

    key: ProofKey
    answer: Json

    @property
    def refresh_token(self) -> str:
        return str(self.answer["refreshToken"])


def sign_in(simulator: SimulatorProcess, operator: Json, key: ProofKey | None = None) -> SignedIn:
    """Sign in as the desktop does."""
    key = key or ProofKey()
    reply = login(simulator, operator["username"], operator["password"], key)
    assert reply.status == 200, reply.body
    return SignedIn(key=key, answer=reply.json)


def login(
    simulator: SimulatorProcess, username: str, password: str, key: ProofKey, **claims: object
) -> Reply:
    """Post a login with a proof whose claims may be wrong."""
    proof = key.proof("POST", f"{simulator.iam_origin}/api/v1/auth/login", **claims)
    body = {"username": username, "password": password}
    return simulator.iam("POST", "/api/v1/auth/login", body, {"dpop": proof})


@pytest.fixture
def clerk(simulator: SimulatorProcess) -> Json:
    """Give a front-desk operator's directory entry."""
    found: Json = simulator.tenants()[0]["operators"][0]
    return found
