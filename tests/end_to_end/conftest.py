"""Fixtures of the journeys: one running sandbox for all of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.running_sandbox import Endpoints, read_endpoints, started_sandbox


@pytest.fixture(scope="session")
def sandbox_endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Yield a running sandbox: the one BFF_TEST_ENDPOINTS names, or one of this run's own.

    A named one must be fresh: the journeys use its seeded day up and find cold caches.
    """
    named = os.environ.get("BFF_TEST_ENDPOINTS")
    if named:
        yield read_endpoints(Path(named))
        return
    with started_sandbox(tmp_path_factory.mktemp("sandbox")) as endpoints:
        yield endpoints
