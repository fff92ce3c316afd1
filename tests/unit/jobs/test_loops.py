"""What each loop of the worker does in a round, and when it asks for the next at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from tests.contract.test_outbox_contract import message
from tests.fakes.manual_clock import ManualClock
from tests.fakes.message_broker import FakeMessageBroker
from tests.fakes.mutation_path import FakeDesk, check_in_request
from tests.fakes.outbox import FakeOutbox
from tests.fakes.owed_session_events import FakeOwedSessionEvents
from tests.fakes.revocations import FakeRevocations
from tests.integration.test_session_event_mover import entry

from bff_backoffice.application.access.remove_expired_revocations import (
    RemoveExpiredRevocations,
)
from bff_backoffice.application.idempotency.remove_expired import RemoveExpiredAnswers
from bff_backoffice.application.messaging import relay_outbox, remove_published, session_events
from bff_backoffice.application.messaging.events import EventWriter
from bff_backoffice.application.messaging.relay_outbox import RelayOutbox
from bff_backoffice.application.messaging.remove_published import RemovePublishedMessages
from bff_backoffice.application.messaging.session_events import MoveSessionEvents
from bff_backoffice.application.ports.revocations import Revocation
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.domain.message import Message
from bff_backoffice.foundation.identifiers import TenantId
from bff_backoffice.jobs.expired_rows import expired_row_loops
from bff_backoffice.jobs.mutation_reconciler import reconciler_loop
from bff_backoffice.jobs.outbox_relay import StuckOutbox, outbox_loops
from bff_backoffice.jobs.session_event_mover import SessionEventsHeldBack, session_event_loop
from bff_backoffice.telemetry.worker_telemetry import WorkerTelemetry

STAMPABLE = (
    b'{"envelope": {"eventId": "e", "subject": "s", "version": 1, "occurredAt": "o",'
    b' "publishedAt": null, "producer": "p", "producerInstance": "i", "tenantId": "t",'
    b' "operatorId": "o", "deviceId": "d", "sessionId": "s", "propertyId": null,'
    b' "requestId": "r", "traceId": null, "causationId": null, "correlationId": "c",'
    b' "schemaUri": "u", "retentionClass": "operational", "samplingRate": 1.0,'
    b' "appVersion": null, "appPlatform": null}, "payload": {}}'
)


class Bench:
    """Fakes, a registry to read metrics from, and one of each use case."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.outbox = FakeOutbox(self.clock)
        self.broker = FakeMessageBroker()
        self.owed = FakeOwedSessionEvents()
        self.registry = CollectorRegistry()
        self.telemetry = WorkerTelemetry(self.registry)
        self.relay = RelayOutbox(self.outbox, self.broker, self.clock, uuid4())
        self.mover = MoveSessionEvents(self.owed, self.outbox, EventWriter("test", self.clock))

    async def owe(self, count: int) -> None:
        for _ in range(count):
            plain = message()
            await self.outbox.append(
                Message(
                    event_id=plain.event_id,
                    tenant_id=plain.tenant_id,
                    topic=plain.topic,
                    ordering_key=plain.ordering_key,
                    event=STAMPABLE,
                )
            )

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"bff_backoffice_{name}", labels)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_relay_publishes_and_goes_on_at_once_after_a_full_batch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_outbox, "BATCH_MAX", 3)
    publish, measure = outbox_loops(bench.relay, bench.telemetry)
    await bench.owe(4)

    await measure.run_round()
    depth = bench.metric("outbox_depth")
    first, second, third = [await publish.run_round() for _ in range(3)]

    assert depth == 4
    assert (first, second, third) == (True, False, False)
    assert bench.metric("outbox_published_total") == 4
    assert len(bench.broker.taken) == 4


async def test_the_relay_backs_off_when_the_broker_takes_nothing(bench: Bench) -> None:
    publish, _ = outbox_loops(bench.relay, bench.telemetry)
    bench.broker.next_failures = ["broker_unavailable"]
    await bench.owe(1)

    with pytest.raises(StuckOutbox):
        await publish.run_round()


async def test_the_mover_moves_and_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_events, "BATCH_MAX", 2)
    loop = session_event_loop(bench.mover, bench.telemetry)
    bench.owed.entries = [entry("opened"), entry("closed"), b"garbage"]

    first, second = await loop.run_round(), await loop.run_round()

    assert (first, second) == (True, False)
    assert bench.metric("session_event_total", outcome="moved") == 2
    assert bench.metric("session_event_total", outcome="unreadable") == 1


async def test_the_mover_backs_off_when_postgres_takes_nothing(bench: Bench) -> None:
    class Away(FakeOutbox):
        async def append(self, message: Message) -> bool:
            raise StoreUnavailable("test")

    mover = MoveSessionEvents(bench.owed, Away(bench.clock), EventWriter("test", bench.clock))
    bench.owed.entries = [entry("opened")]

    with pytest.raises(SessionEventsHeldBack):
        await session_event_loop(mover, bench.telemetry).run_round()

    assert len(bench.owed.entries) == 1


async def test_the_reconciler_settles_and_counts(bench: Bench) -> None:
    desk = FakeDesk()
    desk.reservations.failures = [("after_acting", "timeout")]
    await desk.path.check_in.run(check_in_request())
    desk.clock.advance(2)
    loop = reconciler_loop(desk.path.reconciler, bench.telemetry)

    first, second = await loop.run_round(), await loop.run_round()

    assert (first, second) == (True, False)
    assert bench.metric("reconciler_claim_total", outcome="settled") == 1


async def test_what_is_past_its_lifetime_goes_in_steps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_published, "ROWS_AT_ONCE", 2)
    desk = FakeDesk()
    await desk.path.check_in.run(check_in_request())
    desk.clock.advance(25 * 3600)
    await bench.owe(3)
    await bench.outbox.mark_published(list(bench.outbox.rows))
    bench.clock.advance(4 * 86_400)
    revocations = FakeRevocations(bench.clock)
    await revocations.record(
        Revocation(
            tenant_id=TenantId("tnt_1"),
            kind="sid",
            subject="ses_1",
            revoked_before=bench.clock.now(),
            is_suspended=False,
            expires_at=bench.clock.now() - timedelta(seconds=1),
        )
    )
    answers, messages, ended = expired_row_loops(
        RemoveExpiredAnswers(desk.claims),
        RemovePublishedMessages(bench.outbox),
        RemoveExpiredRevocations(revocations),
    )

    rounds = [await messages.run_round(), await messages.run_round()]
    await answers.run_round()
    await ended.run_round()

    assert revocations.recorded == {}
    assert rounds == [True, False]
    assert bench.outbox.rows == {}
    assert desk.claims.rows == {}
