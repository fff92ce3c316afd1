"""Check-in over the simulated hotel, with answers lost in every way, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.mutation_path import MutationPath, check_in_request, mutation_path, principal
from tests.fakes.upstream_http import RecordingObserver
from tests.integration.simulator.conftest import Hotel
from tests.integration.simulator.simulator_process import Json

from bff_backoffice.application.mutations.check_in import CheckGuestIn, CheckInRequest
from bff_backoffice.application.ports.mutation_claims import UnsettledClaims
from bff_backoffice.domain.mutation import (
    MutationUpstreamUnavailable,
    ReservationNotFound,
)
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.identifiers import (
    IdempotencyKey,
    OperatorId,
    PropertyId,
    ReservationId,
    RoomId,
    TenantId,
    new_ulid,
)
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES
from bff_backoffice.infrastructure.upstreams.reservation_mutations import (
    ReservationMutationGateway,
)
from bff_backoffice.infrastructure.upstreams.room_choice import RoomChoiceGateway
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport

pytestmark = pytest.mark.integration
CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A clerk of the big house, and the worker that settles what the clerk did not see."""

    hotel: Hotel
    api: MutationPath
    check_in: CheckGuestIn
    worker: MutationPath
    superuser: Database

    def request(
        self, reservation: Json, *, has_room: bool = True, property_id: str | None = None
    ) -> CheckInRequest:
        operator = next(
            entry for entry in self.hotel.operators.values() if "front_desk" in entry["roles"]
        )
        caller = replace(
            principal(),
            tenant_id=TenantId(f"tnt_{self.hotel.tenant}"),
            operator_id=OperatorId(operator["id"]),
        )
        return check_in_request(
            key=IdempotencyKey(new_ulid(CLOCK)),
            caller=caller,
            reservation_id=ReservationId(reservation["id"]),
            property_id=PropertyId(property_id or f"prop_{self.hotel.property}"),
            room_id=RoomId(reservation["roomId"]) if has_room else None,
        )

    def fault(self, reservation: Json, kind: str, *, times: int = 1, **more: object) -> None:
        path = f"/api/v1/reservations/{reservation['id']}/check-in"
        answer = self.hotel.simulator.admin(
            "POST",
            "/faults",
            {
                "upstream": "reservation",
                "match": {"method": "POST", "path": path},
                "fault": {"kind": kind, **more},
                "times": times,
            },
        )
        assert answer.status < 300, answer.body

    async def settle(self) -> None:
        """Let the worker look at once, instead of when its time has come."""
        await self.superuser.execute(
            "update bff.idempotency set lease_until = now(), settle_after = now()"
            " where state in ('in_flight', 'outcome_unknown')"
        )
        await self.worker.reconciler.run_once()

    async def states(self) -> list[str]:
        rows = await self.superuser.fetch("select state from bff.operator_activity")
        return [row["state"] for row in rows]


@pytest.fixture
async def desk(dushanbe: Hotel, database: DatabaseUrls) -> AsyncIterator[Desk]:
    upstreams = UpstreamHttpClient(
        origins={
            name: f"http://127.0.0.1:{dushanbe.simulator.ports[1]}/{name}"
            for name in UPSTREAM_NAMES
        },
        policies=POLICIES,
        identity=MountedServiceIdentity(SecretText(dushanbe.simulator.identity)),
        transport=HttpTransport(),
        observer=RecordingObserver(),
        clock=CLOCK,
        random=lambda: 0.5,
    )
    pools = [
        Database(SecretText(url), PoolPolicy(application_name="test"))
        for url in (database.api, database.worker, database.superuser)
    ]
    reservations = ReservationMutationGateway(upstreams)
    rooms = RoomChoiceGateway(upstreams)

    def path(claims: UnsettledClaims) -> MutationPath:
        return mutation_path(
            claims=claims, reservations=reservations, clock=CLOCK, real_rooms=rooms
        )

    api, worker = (path(PostgresMutationClaims(pool)) for pool in pools[:2])
    yield Desk(
        hotel=dushanbe,
        api=api,
        check_in=api.check_in,
        worker=worker,
        superuser=pools[2],
    )
    dushanbe.simulator.admin("DELETE", "/faults")
    for pool in pools:
        await pool.close()
    await upstreams.close()


async def test_a_guest_is_checked_in_and_a_repeat_changes_nothing(desk: Desk) -> None:
    reservation = desk.hotel.ready_arrival()
    request = desk.request(reservation)

    first = await desk.check_in.run(request)
    second = await desk.check_in.run(request)

    stored = desk.hotel.reservation(reservation["id"])
    assert first.answer.status == 200
    assert (second.answer, second.is_replay) == (first.answer, True)
    assert (stored["state"], stored["version"]) == ("checked_in", reservation["version"] + 1)


@pytest.mark.parametrize(
    ("kind", "times"),
    [("lost_answer", 2), ("garbage", 1), ("huge_body", 1), ("error", 2), ("reset", 2), ("hang", 1)],
)
async def test_whatever_happens_to_the_answer_the_guest_is_checked_in_once(
    desk: Desk, kind: str, times: int
) -> None:
    reservation = desk.hotel.ready_arrival()
    request = desk.request(reservation)
    desk.fault(reservation, kind, times=times)

    told = await desk.check_in.run(request)
    again = await desk.check_in.run(request)
    await desk.settle()
    settled = await desk.check_in.run(request)

    stored = desk.hotel.reservation(reservation["id"])
    assert (told.answer.status, again.answer.status) == (202, 202)
    assert (settled.answer.status, settled.is_replay) == (200, True)
    assert (stored["state"], stored["version"]) == ("checked_in", reservation["version"] + 1)
    assert await desk.states() == ["succeeded"]


async def test_a_refusal_is_told_stored_and_recorded(desk: Desk) -> None:
    reservation = desk.hotel.ready_arrival()
    await desk.check_in.run(desk.request(reservation))
    request = desk.request(reservation)

    first = await desk.check_in.run(request)
    second = await desk.check_in.run(request)

    assert first.answer.status == 409
    assert b"RESERVATION_ILLEGAL_TRANSITION" in first.answer.body
    assert (second.answer, second.is_replay) == (first.answer, True)
    assert sorted(await desk.states()) == ["refused", "succeeded"]


async def test_a_guest_without_a_room_gets_a_ready_one_of_the_right_type(desk: Desk) -> None:
    reservation = next(arrival for arrival in desk.hotel.arrivals() if arrival["roomId"] is None)

    forwarded = await desk.check_in.run(desk.request(reservation, has_room=False))

    stored = desk.hotel.reservation(reservation["id"])
    assert forwarded.answer.status == 200
    assert stored["roomId"] is not None
    assert stored["roomTypeId"] == reservation["roomTypeId"]
    number = desk.hotel.room_number(stored["roomId"])
    assert f'"roomNumber":"{number}"'.encode() in forwarded.answer.body


async def test_another_hotels_guest_cannot_be_told_from_one_that_does_not_exist(
    desk: Desk, kabul: Hotel
) -> None:
    stranger = kabul.ready_arrival()
    nobody = {**stranger, "id": f"rsv_{new_ulid(CLOCK)}"}

    theirs = await desk.check_in.run(desk.request(stranger))
    missing = await desk.check_in.run(desk.request(nobody))
    with pytest.raises(ReservationNotFound):
        await desk.check_in.run(desk.request(stranger, has_room=False))

    assert theirs.answer.status == missing.answer.status == 404
    assert b"RESOURCE_NOT_FOUND" in theirs.answer.body
    assert b"RESOURCE_NOT_FOUND" in missing.answer.body
    assert kabul.reservation(stranger["id"])["state"] == "confirmed"


async def test_a_rate_limit_of_theirs_gives_the_key_back(desk: Desk) -> None:
    reservation = desk.hotel.ready_arrival()
    request = desk.request(reservation)
    desk.fault(reservation, "error", status=429)

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.check_in.run(request)
    later = await desk.check_in.run(request)

    assert (later.answer.status, later.is_replay) == (200, False)
