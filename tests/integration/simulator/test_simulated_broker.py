"""Events reach the broker's stream, in order, also those owed while it was away."""

import json
import time
from pathlib import Path
from typing import cast

import pytest
import redis
from tests.integration.simulator.conftest import sign_in
from tests.integration.simulator.simulator_process import Json, new_simulator

STREAM = "upstream.events"
DELIVERY_SECONDS_MAX = 5.0


def delivered(client: redis.Redis, count: int) -> list[dict[bytes, bytes]]:
    deadline = time.monotonic() + DELIVERY_SECONDS_MAX
    while True:
        found = cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(STREAM))
        entries = [fields for _, fields in found]
        if len(entries) >= count or time.monotonic() > deadline:
            return entries
        time.sleep(0.02)


@pytest.mark.integration
def test_events_reach_the_stream_in_order(tmp_path: Path, broker_url: str) -> None:
    simulator = new_simulator(tmp_path)
    simulator.start()
    operator = simulator.tenants()[0]["operators"][0]
    session_id = sign_in(simulator, operator).answer["sessionId"]
    simulator.admin("POST", f"/iam/sessions/{session_id}/revoke", {})
    simulator.stop()

    simulator.environment["SIM_BROKER_URL"] = broker_url
    simulator.start()
    try:
        with redis.Redis.from_url(broker_url) as client:
            entries = delivered(client, 3)
    finally:
        simulator.stop()

    assert [entry[b"upstream"] for entry in entries] == [b"iam"] * 3
    events: list[Json] = [json.JSONDecoder().decode(entry[b"event"].decode()) for entry in entries]
    assert [event["subject"] for event in events] == [
        "melmastoon.iam.device.registered.v1",
        "melmastoon.iam.user.login_succeeded.v1",
        "melmastoon.iam.session.revoked.v1",
    ]
    assert events[2]["payload"]["sessionId"] == session_id
