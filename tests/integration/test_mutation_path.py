"""The mutation path on a real PostgreSQL, with the rights each process has."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from tests.database_urls import DatabaseUrls
from tests.fakes.manual_clock import ManualClock
from tests.fakes.mutation_path import (
    MutationPath,
    check_in_request,
    mutation_path,
)
from tests.fakes.reservation_mutations import FakeReservationMutations

from bff_backoffice.application.mutations.forward import ForwardedAnswer
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.domain.idempotency import IdempotencyInFlight
from bff_backoffice.domain.mutation import (
    CheckIn,
    MutationStoreUnavailable,
    MutationUpstreamUnavailable,
    ReservationAfter,
)
from bff_backoffice.foundation.clock import SystemClock
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims

pytestmark = pytest.mark.integration


class GatedReservations(FakeReservationMutations):
    """Acts, and holds its answer back while the gate is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.has_acted = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def check_in(self, command: CheckIn, call: MutationCall) -> ReservationAfter:
        after = await super().check_in(command, call)
        self.has_acted.set()
        await self.gate.wait()
        return after


@dataclass(slots=True)
class World:
    """One API process and one worker, and the database behind them."""

    reservations: GatedReservations
    api: MutationPath
    worker: MutationPath
    superuser: asyncpg.Connection

    async def end_leases(self) -> None:
        await self.superuser.execute(
            "update bff.idempotency set lease_until = now(), settle_after = now()"
        )

    async def column(self, statement: str) -> list[object]:
        return [row[0] for row in await self.superuser.fetch(statement)]


@pytest.fixture
async def world(database: DatabaseUrls) -> AsyncIterator[World]:
    api = Database(SecretText(database.api), PoolPolicy(application_name="test-api"))
    worker = Database(SecretText(database.worker), PoolPolicy(application_name="test-worker"))
    superuser = await asyncpg.connect(database.superuser)
    reservations = GatedReservations()
    clock = SystemClock()
    api_path, worker_path = (
        mutation_path(claims=PostgresMutationClaims(pool), reservations=reservations, clock=clock)
        for pool in (api, worker)
    )
    yield World(reservations, api_path, worker_path, superuser)
    await superuser.execute(_LET_IN)  # A role is the whole server's, not this database's.
    await superuser.close()
    await api.close()
    await worker.close()


async def test_64_equal_requests_at_once_act_once(world: World) -> None:
    world.reservations.gate.clear()

    async def ask() -> str:
        try:
            forwarded = await world.api.check_in.run(check_in_request())
        except IdempotencyInFlight:
            return "in flight"
        return "replayed" if forwarded.is_replay else str(forwarded.answer.status)

    asking = [asyncio.create_task(ask()) for _ in range(64)]
    await world.reservations.has_acted.wait()
    world.reservations.gate.set()
    told = Counter(await asyncio.gather(*asking))

    assert told["200"] == 1
    assert told["in flight"] + told["replayed"] == 63
    assert len(world.reservations.acted) == 1
    assert await world.column("select count(*) from bff.operator_activity") == [1]
    assert await world.column("select count(*) from bff.outbox") == [1]


async def test_a_process_killed_between_call_and_commit_leaves_nothing_unsettled(
    world: World,
) -> None:
    world.reservations.gate.clear()
    client = asyncio.create_task(world.api.check_in.run(check_in_request()))
    await world.reservations.has_acted.wait()

    killed = await world.api.running.drain(Deadline.after(0, ManualClock()))
    await asyncio.gather(client, return_exceptions=True)
    world.reservations.gate.set()
    before = await world.worker.reconciler.run_once()
    await world.end_leases()
    pending = await world.api.check_in.run(check_in_request())
    after = await world.worker.reconciler.run_once()
    settled = await world.api.check_in.run(check_in_request())

    assert killed == 1
    assert (before.found, after.settled) == (0, 1)
    assert pending.answer.status == 202
    assert (settled.answer.status, settled.is_replay) == (200, True)
    assert len(world.reservations.acted) == 1
    assert await world.column("select state from bff.operator_activity") == ["succeeded"]


async def test_a_database_lost_before_commit_2_makes_the_outcome_unknown_not_wrong(
    world: World,
) -> None:
    world.reservations.gate.clear()
    client = asyncio.create_task(world.api.check_in.run(check_in_request()))
    await world.reservations.has_acted.wait()
    await world.superuser.execute(_CUT_OFF)

    world.reservations.gate.set()
    told = await client
    await world.superuser.execute(_LET_IN)
    await world.end_leases()
    await world.worker.reconciler.run_once()
    settled = await world.api.check_in.run(check_in_request())

    assert told.answer.status == 202
    assert (settled.answer.status, settled.is_replay) == (200, True)
    assert len(world.reservations.acted) == 1


_CUT_OFF = """
alter role bff_api connection limit 0;
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bff_api'
"""
_LET_IN = "alter role bff_api connection limit -1"


async def test_without_a_database_nothing_is_sent(world: World) -> None:
    await world.superuser.execute(_CUT_OFF)

    with pytest.raises(MutationStoreUnavailable):
        await world.api.check_in.run(check_in_request())
    await world.superuser.execute(_LET_IN)
    later = await world.api.check_in.run(check_in_request())

    assert later.answer.status == 200
    assert len(world.reservations.acted) == 1


async def test_what_was_not_sent_is_given_back_in_one_commit(world: World) -> None:
    world.reservations.failures = [("before_acting", "unreachable")]

    with pytest.raises(MutationUpstreamUnavailable):
        await world.api.check_in.run(check_in_request())

    assert await world.column("select state from bff.idempotency") == ["released"]
    assert await world.column("select state from bff.operator_activity") == ["not_performed"]
    assert await world.column("select refusal_code from bff.operator_activity") == [
        "mutation.not_sent"
    ]
    assert await world.column("select count(*) from bff.outbox") == [0]


async def test_nothing_a_guest_could_be_known_by_is_readable_in_the_database(
    world: World,
) -> None:
    await world.api.check_in.run(check_in_request(note="Ahmad Wali Karimi"))

    rows = await world.column(
        "select row_to_json(i)::text from bff.idempotency i"
        " union all select row_to_json(a)::text from bff.operator_activity a"
        " union all select row_to_json(o)::text from bff.outbox o"
    )
    assert len(rows) == 3
    assert not any("Ahmad" in str(row) for row in rows)
    assert not any("41686d6164" in str(row) for row in rows)  # The same in hex.
    assert await world.column("select sealed_command from bff.idempotency") == [None]


async def test_an_expired_answer_is_removed_and_the_key_is_free(world: World) -> None:
    await world.api.check_in.run(check_in_request())
    await world.superuser.execute(
        "update bff.idempotency set expires_at = now() - interval '1 second'"
    )

    removed = await world.worker.claims.remove_expired(100)
    again: ForwardedAnswer = await world.api.check_in.run(check_in_request())

    assert removed == 1
    assert not again.is_replay
