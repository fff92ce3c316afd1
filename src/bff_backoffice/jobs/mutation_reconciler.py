"""The loop that settles actions whose outcome nobody saw."""

from typing import Final

from bff_backoffice.application.mutations.settle_unknown import SettleUnknown
from bff_backoffice.jobs.supervision import SupervisedLoop
from bff_backoffice.telemetry.worker_telemetry import RECONCILER, WorkerTelemetry

REST_SECONDS: Final = 0.5


def reconciler_loop(reconciler: SettleUnknown, telemetry: WorkerTelemetry) -> SupervisedLoop:
    """Return the reconciler's loop."""

    async def settle() -> bool:
        report = await reconciler.run_once()
        telemetry.reconciled(
            settled=report.settled, postponed=report.postponed, parked=report.parked
        )
        return report.settled > 0

    return SupervisedLoop(name=RECONCILER, run_round=settle, rest_seconds=REST_SECONDS)
