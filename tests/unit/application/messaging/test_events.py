"""Every event the service writes is what its committed schema says, and nothing more."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator
from tests.event_schemas import SCHEMAS, all_schemas, assert_valid
from tests.fakes.lock_desk import LockDesk
from tests.fakes.manual_clock import START, ManualClock
from tests.fakes.mutation_path import FakeDesk, check_in_request

from bff_backoffice.application.messaging.events import stamped
from bff_backoffice.application.mutations.catalogue import ACTIONS
from bff_backoffice.domain.lock import CredentialState, KeyKind, LockNotReachable, LockVendor
from bff_backoffice.domain.message import EVENT_KINDS
from bff_backoffice.domain.mutation import ReservationIllegalTransition

ENVELOPE_ORDER = (
    "eventId", "subject", "version", "occurredAt", "publishedAt", "producer",
    "producerInstance", "tenantId", "operatorId", "deviceId", "sessionId", "propertyId",
    "requestId", "traceId", "causationId", "correlationId", "schemaUri", "retentionClass",
    "samplingRate", "appVersion", "appPlatform",
)  # fmt: skip


def test_every_event_kind_has_a_schema_and_every_schema_an_event_kind() -> None:
    assert set(all_schemas()) == {kind.schema_uri for kind in EVENT_KINDS}
    for kind in EVENT_KINDS:
        assert (SCHEMAS / f"{kind.aggregate}-{kind.verb}" / f"v{kind.version}.json").is_file()


@pytest.mark.parametrize(
    "path", sorted(SCHEMAS.glob("*/v*.json")), ids=lambda path: path.parent.name
)
def test_a_schema_is_strict_all_the_way_down(path: Path) -> None:
    schema = msgspec.json.decode(path.read_bytes())
    Draft202012Validator.check_schema(schema)

    for node in _objects_in(schema):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert sorted(node["required"]) == sorted(node["properties"])
        if node.get("type") in ("string", ["string", "null"]):
            assert "pattern" in node or "enum" in node, node


def _objects_in(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # allow-any: JSON of any shape
    if isinstance(node, dict):
        found = cast("dict[str, Any]", node)  # allow-any: JSON of any shape
        yield found
        for child in found.values():
            yield from _objects_in(child)
    if isinstance(node, list):
        yield from chain.from_iterable(map(_objects_in, cast("list[object]", node)))


async def test_what_a_check_in_emits_is_valid_and_in_the_platforms_order() -> None:
    desk = FakeDesk()
    await desk.path.check_in.run(check_in_request(note="Ahmad Wali, +93 700 123 456"))
    (message,) = desk.claims.messages

    event = assert_valid(stamped(message.event, START))

    assert tuple(event["envelope"]) == ENVELOPE_ORDER
    assert event["envelope"]["publishedAt"] == "2026-03-14T09:26:53.000Z"
    assert event["envelope"]["correlationId"] == event["envelope"]["requestId"]
    assert event["payload"]["outcome"] == "succeeded"
    assert b"Ahmad" not in message.event
    assert message.ordering_key == f"{message.tenant_id}:{event['payload']['resource']['id']}"


async def test_refused_undone_and_parked_actions_emit_valid_events_too() -> None:
    refused, undone, parked = FakeDesk(), FakeDesk(), FakeDesk()
    refused.reservations.decision = ReservationIllegalTransition()
    await refused.path.check_in.run(check_in_request())
    for desk, seconds in ((undone, 100), (parked, 4000)):
        desk.reservations.failures = [("before_acting", "timeout")]
        await desk.path.check_in.run(check_in_request())
        desk.clock.advance(seconds)
    parked.reservations.read_failures = ["timeout"]
    await undone.path.reconciler.run_once()
    await parked.path.reconciler.run_once()

    payloads = [
        assert_valid(stamped(desk.claims.messages[0].event, START))["payload"]
        for desk in (refused, undone, parked)
    ]

    assert [payload["outcome"] for payload in payloads] == ["refused", "not_performed", "parked"]
    assert payloads[0]["refusalCode"] == "reservation.illegal_transition"
    assert payloads[1]["settledBy"] == "reconciler"


def test_the_schema_of_actions_names_exactly_the_catalogue() -> None:
    schema = msgspec.json.decode((SCHEMAS / "mutation-proxied/v1.json").read_bytes())
    payload = schema["properties"]["payload"]["properties"]

    plain = [action for action in ACTIONS if not action.is_lock_action]
    assert set(payload["action"]["enum"]) == {action.name for action in plain}
    assert set(payload["route"]["enum"]) == {action.route for action in plain}
    assert set(payload["upstream"]["enum"]) == {action.upstream for action in plain}


def test_the_schema_of_lock_actions_names_exactly_the_catalogue() -> None:
    schema = msgspec.json.decode((SCHEMAS / "lock_action-proxied/v1.json").read_bytes())
    payload = schema["properties"]["payload"]["properties"]
    credential = payload["credential"]["anyOf"][1]["properties"]

    assert set(payload["action"]["enum"]) == {
        action.name for action in ACTIONS if action.is_lock_action
    }
    assert credential["kind"]["enum"] == list(get_args(KeyKind))
    assert credential["state"]["enum"] == list(get_args(CredentialState))
    assert credential["vendor"]["enum"] == list(get_args(LockVendor))


async def test_what_a_lock_action_emits_is_valid_however_it_ends() -> None:
    issued, refused, undone = LockDesk(), LockDesk(), LockDesk()
    refused.locks.decision = LockNotReachable()
    undone.locks.failures = [("before_acting", "timeout")]
    for desk in (issued, refused, undone):
        await desk.issue()
    undone.clock.advance(100)
    await undone.reconciler.run_once()

    events = [
        assert_valid(stamped(desk.claims.messages[0].event, START))
        for desk in (issued, refused, undone)
    ]

    payloads = [event["payload"] for event in events]
    assert [payload["outcome"] for payload in payloads] == ["succeeded", "refused", "not_performed"]
    assert payloads[0]["credential"]["vendor"] == "ttlock"
    assert payloads[0]["auditId"][4:] == payloads[0]["activityId"][4:]
    assert events[0]["envelope"]["retentionClass"] == "regulated"
    assert not any(b"Ahmad" in desk.claims.messages[0].event for desk in (issued, refused, undone))


def test_the_time_of_publication_is_the_relays_own() -> None:
    clock = ManualClock()
    clock.advance(1.5)
    event = b'{"envelope": {}, "payload": {}}'

    with pytest.raises(msgspec.ValidationError):
        stamped(event, clock.now())
