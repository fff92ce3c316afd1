"""One observed service for all tests of this folder."""

from collections.abc import Iterator

import pytest
from tests.integration.telemetry.observed_service import ObservedService, observed_service

from sandbox.stores import running_stores


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedService]:
    """Yield the service; tests share its logs, so they look for their own request.

    It lives as long as the run and has a worker, so it has stores of its own: on shared ones
    other tests would empty its session tier, and its worker would take their owed events.
    """
    directory = tmp_path_factory.mktemp("observed")
    with (
        running_stores(tmp_path_factory.mktemp("observed-stores"), is_durable=False) as running,
        observed_service(running.stores, directory) as service,
    ):
        yield service
