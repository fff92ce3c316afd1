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
from upstream_simulator.simulator import build_simulator


async def run(settings: Settings) -> None:
    """Build and serve until told to stop; raise OSError if a port is taken."""
    # The ports come first: a second simulator must not touch the first one's state.
    iam, upstreams, admin = map(
        bind, (settings.iam_port, settings.upstreams_port, settings.admin_port)
    )
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
    served = (
        (listener(simulator.iam), iam),
        (listener(simulator.upstreams), upstreams),
        (listener(simulator.admin), admin),
    )
    try:
        await serve(served, *(publisher.run() for publisher in publishers))
    finally:
        simulator.world.state.close()


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
