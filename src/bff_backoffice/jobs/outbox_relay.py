"""The loops around the outbox: publish, measure, tidy up."""

from typing import Final

from bff_backoffice.application.messaging.relay_outbox import RelayOutbox
from bff_backoffice.jobs.supervision import SupervisedLoop
from bff_backoffice.telemetry.worker_telemetry import RELAY, WorkerTelemetry

REST_SECONDS: Final = 0.1
"""How long an event may wait unseen; a look at an empty outbox is one index probe."""
MEASURE_SECONDS: Final = 5.0


class StuckOutbox(Exception):  # noqa: N818 - makes the loop back off; nothing is lost
    """The broker took nothing of a whole batch."""


def outbox_loops(relay: RelayOutbox, telemetry: WorkerTelemetry) -> list[SupervisedLoop]:
    """Return the relay's loop and the one that measures what is owed."""

    async def publish() -> bool:
        report = await relay.run_once()
        telemetry.published(report.published, parked=report.parked)
        if report.is_stuck and report.published == 0:
            raise StuckOutbox
        return report.is_more_waiting

    async def measure() -> bool:
        backlog = await relay.backlog()
        telemetry.outbox_is(
            waiting=backlog.waiting, parked=backlog.parked, lag_seconds=backlog.oldest_seconds
        )
        return False

    return [
        SupervisedLoop(name=RELAY, run_round=publish, rest_seconds=REST_SECONDS),
        SupervisedLoop(name="outbox-measure", run_round=measure, rest_seconds=MEASURE_SECONDS),
    ]
