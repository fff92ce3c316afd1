"""`python -m upstream_simulator`."""

import logging
import os
import sys
from random import SystemRandom

import uvloop

from upstream_simulator.broker import EventPublisher
from upstream_simulator.clock import SystemClock
from upstream_simulator.listeners import listener, serve
from upstream_simulator.settings import Settings, SettingsError, read_settings
from upstream_simulator.simulator import build_simulator


async def run(settings: Settings) -> None:
    """Build and serve until told to stop."""
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
        await serve(
            [
                listener(simulator.iam, port=settings.iam_port),
                listener(simulator.upstreams, port=settings.upstreams_port),
                listener(simulator.admin, port=settings.admin_port),
            ],
            *(publisher.run() for publisher in publishers),
        )
    finally:
        simulator.world.state.close()


def main() -> int:
    """Run the simulator as the environment says."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvloop.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
