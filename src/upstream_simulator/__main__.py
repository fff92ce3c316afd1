"""`python -m upstream_simulator`."""

import logging
import os
import sys
from random import SystemRandom

import uvloop

from upstream_simulator.broker import EventPublisher
from upstream_simulator.clock import SystemClock
from upstream_simulator.listeners import bind, listener, serve
from upstream_simulator.settings import Settings, SettingsError, read_settings
from upstream_simulator.simulator import Simulator, build_simulator


async def run(settings: Settings) -> None:
    """Build and serve until told to stop; raise OSError if a port is taken."""
    publishers: list[EventPublisher] = []

    def wake_publishers() -> None:
        for publisher in publishers:
            publisher.wake()

    simulator = build_simulator(
        settings, clock=SystemClock(), random=SystemRandom(), on_commit=wake_publishers
    )
    if settings.broker_url is not None:
        outbox = simulator.world.events
        publishers.append(EventPublisher(outbox=outbox, broker_url=settings.broker_url))
    try:
        await _serve(settings, simulator, publishers)
    finally:
        simulator.world.state.close()


async def _serve(
    settings: Settings, simulator: Simulator, publishers: list[EventPublisher]
) -> None:
    # All ports listen before one of them answers: whoever sees one up may call the others.
    bound = [
        (listener(application), bind(port))
        for application, port in (
            (simulator.iam, settings.iam_port),
            (simulator.upstreams, settings.upstreams_port),
            (simulator.admin, settings.admin_port),
        )
    ]
    await serve(bound, *(publisher.run() for publisher in publishers))


def main() -> int:
    """Run the simulator as the environment says."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        uvloop.run(run(read_settings(os.environ)))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
