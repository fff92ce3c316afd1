"""Settings → adapters → use cases → loops, with start and stop."""

import asyncio
import os
import signal
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server

from bff_backoffice.application.access.remove_expired_revocations import (
    RemoveExpiredRevocations,
)
from bff_backoffice.application.idempotency.remove_expired import RemoveExpiredAnswers
from bff_backoffice.application.messaging.events import EventWriter
from bff_backoffice.application.messaging.relay_outbox import RelayOutbox
from bff_backoffice.application.messaging.remove_published import RemovePublishedMessages
from bff_backoffice.application.messaging.session_events import MoveSessionEvents
from bff_backoffice.bootstrap.mutations import MutationParts, build_reconciler
from bff_backoffice.bootstrap.outside import open_upstreams
from bff_backoffice.bootstrap.settings import (
    ServiceSettings,
    TraceSettings,
    UpstreamSettings,
    WorkerSettings,
    load,
    refuse_unknown,
    refuse_unsafe_upstreams,
)
from bff_backoffice.bootstrap.store_measuring import MEASURE_SECONDS, StoreMeasuring
from bff_backoffice.bootstrap.traces import open_tracer, refuse_unsafe_traces
from bff_backoffice.bootstrap.views import view_cache
from bff_backoffice.foundation.clock import Clock, SystemClock
from bff_backoffice.infrastructure.message_broker.valkey_streams import (
    StreamPolicy,
    ValkeyStreams,
)
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.mutation_claims import PostgresMutationClaims
from bff_backoffice.infrastructure.postgres.outbox import PostgresOutbox
from bff_backoffice.infrastructure.postgres.revocations import PostgresRevocations
from bff_backoffice.infrastructure.redis.connection import SharedRedisConnection
from bff_backoffice.infrastructure.redis.owed_session_events import RedisOwedSessionEvents
from bff_backoffice.jobs.expired_rows import expired_row_loops
from bff_backoffice.jobs.mutation_reconciler import reconciler_loop
from bff_backoffice.jobs.outbox_relay import outbox_loops
from bff_backoffice.jobs.session_event_mover import session_event_loop
from bff_backoffice.jobs.supervision import SupervisedLoop, Supervisor
from bff_backoffice.telemetry.library_log import take_over_library_logs
from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.mutation_telemetry import MutationTelemetry
from bff_backoffice.telemetry.store_telemetry import StoreTelemetry
from bff_backoffice.telemetry.worker_telemetry import WorkerTelemetry

METRICS_HOST: Final = "0.0.0.0"  # noqa: S104 - a container's only interface
LOOPBACK: Final = "127.0.0.1"
SANDBOX: Final = "sandbox"
CONNECTIONS_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcessSettings:
    """All groups the worker reads."""

    service: ServiceSettings
    upstreams: UpstreamSettings
    worker: WorkerSettings
    traces: TraceSettings


def read_worker_settings(environment: Mapping[str, str]) -> WorkerProcessSettings:
    """Read the settings. Raises SettingsRefused."""
    refuse_unknown(environment)
    settings = WorkerProcessSettings(
        service=load(ServiceSettings, environment),
        upstreams=load(UpstreamSettings, environment),
        worker=load(WorkerSettings, environment),
        traces=load(TraceSettings, environment),
    )
    refuse_unsafe_upstreams(settings.service, settings.upstreams)
    refuse_unsafe_traces(settings.service, settings.traces)
    return settings


async def run_worker(settings: WorkerProcessSettings, stopping: asyncio.Event) -> None:
    """Run all loops until told to stop."""
    clock = SystemClock()
    log = LogEvents(clock)
    registry = CollectorRegistry()
    is_sandbox = settings.service.environment == SANDBOX
    async with AsyncExitStack() as stack:
        tracer = open_tracer(settings.service, settings.traces, clock, stack)
        telemetry = WorkerTelemetry(registry, tracer)
        loops = _build_loops(settings, clock, registry, telemetry, stack)
        metrics_server, _ = start_http_server(
            settings.worker.worker_metrics_port,
            addr=LOOPBACK if is_sandbox else METRICS_HOST,
            registry=registry,
        )
        stack.callback(metrics_server.shutdown)
        log.process("worker.started", part=settings.service.producer_instance)
        supervisor = Supervisor(log=log, telemetry=telemetry, clock=clock)
        await supervisor.run(loops, stopping)
    log.process("worker.stopped", part=settings.service.producer_instance)


def _build_loops(
    settings: WorkerProcessSettings,
    clock: Clock,
    registry: CollectorRegistry,
    telemetry: WorkerTelemetry,
    stack: AsyncExitStack,
) -> list[SupervisedLoop]:
    worker = settings.worker
    instance = settings.service.producer_instance
    # --- outside things
    database = Database(
        worker.postgres_worker_url,
        PoolPolicy(application_name="bff-worker", connections_max=CONNECTIONS_MAX),
    )
    stack.push_async_callback(database.close)
    session_tier = SharedRedisConnection(worker.redis_session_url, name="session")
    stack.push_async_callback(session_tier.close)
    cache_tier = SharedRedisConnection(worker.redis_cache_url, name="cache")
    stack.push_async_callback(cache_tier.close)
    # The broker's connection is the relay's alone: WAITAOF holds it up.
    broker = SharedRedisConnection(worker.broker_url, name="broker")
    stack.push_async_callback(broker.close)
    tracer = telemetry.tracer
    upstreams = open_upstreams(settings.upstreams, clock, registry, stack, tracer=tracer)
    outbox = PostgresOutbox(database)
    # --- use cases
    relay = RelayOutbox(outbox, ValkeyStreams(broker, clock, StreamPolicy()), clock, uuid.uuid4())
    mover = MoveSessionEvents(
        RedisOwedSessionEvents(session_tier), outbox, EventWriter(instance, clock)
    )
    reconciler = build_reconciler(
        MutationParts(
            database=database,
            upstreams=upstreams,
            stored_answer_key=worker.stored_answer_key,
            producer_instance=instance,
            observer=MutationTelemetry(registry, tracer),
            clock=clock,
        ),
        view_cache(cache_tier, clock, registry, stack),
    )
    # The broker is not asked: its line may wait for a disk, and the outbox tells how it does.
    stores = StoreMeasuring(
        database=database,
        redis=(session_tier, cache_tier),
        telemetry=StoreTelemetry(registry),
    )
    # --- loops
    return [
        SupervisedLoop(
            name="store-measure", run_round=stores.run_round, rest_seconds=MEASURE_SECONDS
        ),
        *outbox_loops(relay, telemetry),
        session_event_loop(mover, telemetry),
        reconciler_loop(reconciler, telemetry),
        *expired_row_loops(
            RemoveExpiredAnswers(PostgresMutationClaims(database)),
            RemovePublishedMessages(outbox),
            RemoveExpiredRevocations(PostgresRevocations(database)),
        ),
    ]


def run(environment: Mapping[str, str] | None = None) -> None:
    """Read the settings and run; the process's main. Raises SettingsRefused."""
    settings = read_worker_settings(os.environ if environment is None else environment)
    clock = SystemClock()
    take_over_library_logs(LogEvents(clock), clock)
    asyncio.run(_run_until_signal(settings))


async def _run_until_signal(settings: WorkerProcessSettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    await run_worker(settings, stopping)
