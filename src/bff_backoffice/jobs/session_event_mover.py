"""The loop that moves owed session events into the outbox."""

from typing import Final

from bff_backoffice.application.messaging.session_events import MoveSessionEvents
from bff_backoffice.jobs.supervision import SupervisedLoop
from bff_backoffice.telemetry.worker_telemetry import MOVER, WorkerTelemetry

REST_SECONDS: Final = 0.1


class SessionEventsHeldBack(Exception):  # noqa: N818 - makes the loop back off; nothing is lost
    """PostgreSQL took nothing; the events stay in the session tier."""


def session_event_loop(mover: MoveSessionEvents, telemetry: WorkerTelemetry) -> SupervisedLoop:
    """Return the mover's loop."""

    async def move() -> bool:
        report = await mover.run_once()
        telemetry.session_events(moved=report.moved, set_aside=report.set_aside)
        if report.held_back and not report.moved:
            raise SessionEventsHeldBack
        return report.is_more_waiting

    return SupervisedLoop(name=MOVER, run_round=move, rest_seconds=REST_SECONDS)
