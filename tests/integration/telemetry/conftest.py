"""One observed service for all tests of this folder."""

from collections.abc import Iterator

import pytest
from tests.integration.telemetry.observed_service import ObservedService, observed_service

from sandbox.stores import Stores


@pytest.fixture(scope="session")
def observed(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedService]:
    """Yield the service; tests share its logs, so they look for their own request."""
    with observed_service(stores, tmp_path_factory.mktemp("observed")) as service:
        yield service
