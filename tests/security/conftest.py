"""The desk that the attacker stands at."""

from collections.abc import AsyncIterator

import pytest
from tests.access_desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    yield made
    await made.close()
