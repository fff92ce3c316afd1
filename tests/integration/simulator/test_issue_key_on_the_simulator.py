"""A key over the simulated hotel, with answers lost in every way, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.lock_desk import LockPath, issue_key_request, lock_path
from tests.fakes.mutation_path import principal
from tests.fakes.upstream_http import RecordingObserver
from tests.integration.simulator.conftest import Hotel
from tests.integration.simulator.simulator_process import Json

from bff_backoffice.application.mutations.issue_key import IssueKeyRequest
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.lock import LockNotFound, LockRoomMismatch
from bff_backoffice.domain.mutation import MutationUpstreamUnavailable, ReservationNotFound
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.identifiers import (
    IdempotencyKey,
    LockId,
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
from bff_backoffice.infrastructure.upstreams.lock_integration import LockIntegrationGateway
from bff_backoffice.infrastructure.upstreams.lock_keys import LockKeyGateway
from bff_backoffice.infrastructure.upstreams.policy import POLICIES, UPSTREAM_NAMES
from bff_backoffice.infrastructure.upstreams.service_identity import MountedServiceIdentity
from bff_backoffice.infrastructure.upstreams.transport import HttpTransport

pytestmark = pytest.mark.integration
CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A clerk, a guest in the house and the lock of that guest's room."""

    hotel: Hotel
    api: LockPath
    worker: LockPath
    superuser: Database
    locks: LockIntegrationGateway
    stay: Json

    @property
    def scope(self) -> CallScope:
        return CallScope(
            tenant_id=TenantId(f"tnt_{self.hotel.tenant}"),
            property_id=PropertyId(f"prop_{self.hotel.property}"),
            deadline=Deadline.after(5, CLOCK),
        )

    async def request(self, **changes: object) -> IssueKeyRequest:
        room_id = RoomId(self.stay["roomId"])
        page = await self.locks.locks(self.scope, room_id=room_id, limit=5, place=None)
        (lock,) = page.items
        operator = next(iter(self.hotel.operators.values()))
        asked = issue_key_request(
            key=IdempotencyKey(new_ulid(CLOCK)),
            caller=replace(
                principal(),
                tenant_id=TenantId(f"tnt_{self.hotel.tenant}"),
                operator_id=OperatorId(operator["id"]),
            ),
            lock_id=LockId(lock.id),
            reservation_id=ReservationId(self.stay["id"]),
            property_id=PropertyId(f"prop_{self.hotel.property}"),
            kind=lock.supported_kinds[0],
        )
        now = CLOCK.now()
        asked = replace(asked, valid_from=now, valid_until=now + timedelta(days=1))
        return replace(asked, **changes)  # type: ignore[arg-type]  # fields of the request

    def fault(self, kind: str, **more: object) -> None:
        answer = self.hotel.simulator.admin(
            "POST",
            "/faults",
            {
                "upstream": "lock-integration",
                "match": {"method": "POST", "path": "/api/v1/key-credentials"},
                "fault": {"kind": kind, **more},
                "times": 1,
            },
        )
        assert answer.status < 300, answer.body

    def keys(self) -> list[Json]:
        path = (
            f"/lock-integration/api/v1/key-credentials?propertyId=ppt_{self.hotel.property}"
            f"&reservationId={self.stay['id']}"
        )
        found = self.hotel.simulator.upstream("GET", path, headers=self.hotel.headers())
        return list(found.json["items"])

    async def settle(self) -> None:
        await self.superuser.execute(
            "update bff.idempotency set lease_until = now(), settle_after = now()"
            " where state in ('in_flight', 'outcome_unknown')"
        )
        await self.worker.reconciler.run_once()

    async def ledger(self) -> list[str]:
        rows = await self.superuser.fetch(
            "select coalesce(outcome, phase) as word from bff.lock_action_proxy_audit order by seq"
        )
        return [row["word"] for row in rows]


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
    gateway = LockKeyGateway(upstreams)
    api, worker = (
        lock_path(claims=PostgresMutationClaims(pool), locks=gateway, clock=CLOCK)
        for pool in pools[:2]
    )
    locks = LockIntegrationGateway(upstreams)
    yield Desk(
        hotel=dushanbe,
        api=api,
        worker=worker,
        superuser=pools[2],
        locks=locks,
        stay=_guest_behind_a_lock_that_answers(dushanbe),
    )
    dushanbe.simulator.admin("DELETE", "/faults")
    for pool in pools:
        await pool.close()
    await upstreams.close()


def _guest_behind_a_lock_that_answers(hotel: Hotel) -> Json:
    stays = hotel.simulator.upstream(
        "GET",
        f"/reservation/api/v1/reservations/in-house?propertyId=ppt_{hotel.property}&limit=200",
        headers=hotel.headers(),
    ).json["items"]
    locks = hotel.simulator.upstream(
        "GET",
        f"/lock-integration/api/v1/devices?propertyId=ppt_{hotel.property}&health=ok&limit=500",
        headers=hotel.headers(),
    ).json["items"]
    rooms = {lock["roomId"] for lock in locks}
    return next(stay for stay in stays if stay["roomId"] in rooms)


async def test_a_guest_gets_one_key_and_a_repeat_no_second_one(desk: Desk) -> None:
    before = len(desk.keys())
    request = await desk.request()

    first = await desk.api.issue_key.run(request)
    second = await desk.api.issue_key.run(request)

    assert first.answer.status == 201
    assert (second.answer, second.is_replay) == (first.answer, True)
    assert len(desk.keys()) == before + 1
    assert await desk.ledger() == ["intent", "succeeded"]


@pytest.mark.parametrize("kind", ["lost_answer", "garbage", "huge_body", "hang"])
async def test_whatever_happens_to_the_answer_there_is_one_key_at_most(
    desk: Desk, kind: str
) -> None:
    before = len(desk.keys())
    request = await desk.request()
    desk.fault(kind)

    told = await desk.api.issue_key.run(request)
    await desk.settle()
    await desk.superuser.execute(
        "update bff.idempotency set claimed_at = claimed_at - interval '2 minutes'"
    )
    await desk.settle()
    settled = await desk.api.issue_key.run(request)

    added = len(desk.keys()) - before
    assert told.answer.status == 202
    assert settled.is_replay
    assert (settled.answer.status, added) in ((201, 1), (409, 0))
    assert await desk.ledger() == ["intent", "succeeded" if added else "not_performed"]


async def test_a_rate_limit_of_theirs_gives_the_key_back(desk: Desk) -> None:
    request = await desk.request()
    desk.fault("error", status=429)

    with pytest.raises(MutationUpstreamUnavailable):
        await desk.api.issue_key.run(request)
    later = await desk.api.issue_key.run(request)

    assert later.answer.status == 201
    assert await desk.ledger() == ["intent", "not_sent", "intent", "succeeded"]


async def test_another_hotels_lock_and_guest_cannot_be_told_from_missing_ones(
    desk: Desk, kabul: Hotel
) -> None:
    theirs = kabul.arrivals()[0]
    lock = kabul.simulator.upstream(
        "GET",
        f"/lock-integration/api/v1/devices?propertyId=ppt_{kabul.property}&limit=1",
        headers=kabul.headers(),
    ).json["items"][0]

    for lock_id in (LockId(lock["id"]), LockId(f"lck_{new_ulid(CLOCK)}")):
        with pytest.raises(LockNotFound):
            await desk.api.issue_key.run(await desk.request(lock_id=lock_id))
    for stay_id in (theirs["id"], f"rsv_{new_ulid(CLOCK)}"):
        with pytest.raises(ReservationNotFound):
            await desk.api.issue_key.run(await desk.request(reservation_id=ReservationId(stay_id)))
    assert await desk.ledger() == []


async def test_a_key_opens_the_guests_own_door_and_no_other(desk: Desk) -> None:
    page = await desk.locks.locks(desk.scope, room_id=None, limit=10, place=None)
    other = next(lock for lock in page.items if lock.room_id != desk.stay["roomId"])

    with pytest.raises(LockRoomMismatch):
        await desk.api.issue_key.run(await desk.request(lock_id=LockId(other.id)))

    assert await desk.ledger() == []
