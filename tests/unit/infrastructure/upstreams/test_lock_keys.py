"""Lock-integration in its own dialect, good and bad: asked once, whatever it answers."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from tests.fakes.lock_keys import GUEST_NAME, LOCK
from tests.fakes.mutation_path import OPERATOR, RESERVATION, ROOM
from tests.fakes.upstream_http import TENANT, scope_for, upstream_client
from tests.fakes.upstream_server import (
    answering,
    hanging,
    resetting,
    running_upstream,
    talking_nonsense,
)

from bff_backoffice.application.mutations.performing import has_surely_not_acted
from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstream_calls import NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.lock import (
    IssueKey,
    LockKindUnsupported,
    LockNotReachable,
    LockRejected,
    LockReservationNotCheckedIn,
    LockValidityInvalid,
)
from bff_backoffice.domain.mutation import ReservationNotFound
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import DeviceId, GuestId, LockId
from bff_backoffice.infrastructure.upstreams.lock_keys import LockKeyGateway

KEY = "2HMNVY73A3KXVD41GP8ATN5WN9"
ULID = "01HZX8QJ5T9W2V4Y6B8D0F2H4K"
COMMAND = IssueKey(
    lock_id=LOCK,
    room_id=ROOM,
    vendor="salto",
    reservation_id=RESERVATION,
    kind="rfid_card",
    valid_from=datetime(2026, 3, 14, 12, tzinfo=UTC),
    valid_until=datetime(2026, 3, 16, 12, tzinfo=UTC),
    areas=("Gym",),
    guest_id=GuestId(f"gst_{ULID}"),
    guest_name=GUEST_NAME,
    device_id=DeviceId(f"dev_{ULID}"),
)
ISSUED = {"id": f"key_{ULID}", "kind": "rfid_card", "state": "active", "vendor": "salto", "x": 1}
DEVICE = {
    "id": LOCK, "propertyId": f"ppt_{ULID}", "roomId": ROOM, "vendor": "salto",
    "supportedKinds": ["rfid_card"],
}  # fmt: skip
STAY = {
    "id": RESERVATION, "propertyId": f"ppt_{ULID}", "state": "in_house", "roomId": ROOM,
    "guest": {"id": f"gst_{ULID}", "displayName": GUEST_NAME},
}  # fmt: skip


def call(seconds: float = 5.0) -> MutationCall:
    scope = replace(scope_for(seconds), operator_id=OPERATOR)
    return MutationCall(scope=scope, upstream_key=KEY)


def body(content: object) -> bytes:
    return msgspec.json.encode(content)


async def test_a_key_is_asked_for_in_the_upstreams_own_words() -> None:
    served = answering(body(ISSUED), status=201)
    async with running_upstream(served) as server, upstream_client(server.origin) as http:
        issued = await LockKeyGateway(http).issue(COMMAND, call())

    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/key-credentials")
    assert seen.headers["idempotency-key"] == KEY
    assert seen.headers["x-tenant-id"] == TENANT
    assert seen.headers["x-operator-id"] == OPERATOR
    assert seen.headers["x-device-id"] == COMMAND.device_id
    assert "dpop" not in seen.headers
    assert msgspec.json.decode(seen.body) == {
        "reservationId": RESERVATION,
        "rooms": [ROOM],
        "validFrom": "2026-03-14T12:00:00.000Z",
        "validUntil": "2026-03-16T12:00:00.000Z",
        "preferredKinds": ["rfid_card"],
        "guest": {"id": f"gst_{ULID}", "displayName": GUEST_NAME},
        "scope": {"areas": ["Gym"]},
        "channelHint": "desk",
    }
    assert (issued.id, issued.state) == (f"key_{ULID}", "active")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND", ReservationNotFound),
        (409, "MELMASTOON.LOCK.RESERVATION_NOT_CHECKED_IN", LockReservationNotCheckedIn),
        (422, "MELMASTOON.LOCK.KIND_UNSUPPORTED", LockKindUnsupported),
        (422, "MELMASTOON.LOCK.VALIDITY_INVALID", LockValidityInvalid),
        (422, "MELMASTOON.LOCK.NO_CAPABLE_DEVICE", LockNotReachable),
        (400, "MELMASTOON.GENERAL.VALIDATION_FAILED", LockRejected),
    ],
)
async def test_each_decision_has_its_own_refusal_and_none_of_their_words(
    status: int, code: str, expected: type[ServiceError]
) -> None:
    served = answering(body({"code": code, "title": f"Not for {GUEST_NAME}"}), status=status)
    async with running_upstream(served) as server, upstream_client(server.origin) as http:
        with pytest.raises(expected) as refused:
            await LockKeyGateway(http).issue(COMMAND, call())

    assert refused.value.detail is None
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403, 425, 429])
async def test_a_refusal_of_the_call_surely_issued_nothing(status: int) -> None:
    served = answering(b"{}", status=status)
    async with running_upstream(served) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await LockKeyGateway(http).issue(COMMAND, call())

    assert has_surely_not_acted(failed.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 404, 408, 409, 422])
async def test_what_somebody_in_between_says_is_no_decision_of_theirs(status: int) -> None:
    served = answering(b"<html>not here</html>", status=status)
    async with running_upstream(served) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await LockKeyGateway(http).issue(COMMAND, call())

    assert not has_surely_not_acted(failed.value)


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        (answering(b"{}", status=500), "error"),
        (answering(b"{}", status=503), "error"),
        (answering(b"{}", status=201), "wrong_shape"),
        (answering(body({**ISSUED, "vendor": "dormakaba"}), status=201), "wrong_shape"),
        (answering(body({**ISSUED, "id": "key_1"}), status=201), "wrong_shape"),
        (answering(b"\xff{", status=201), "malformed"),
        (hanging, "timeout"),
        (resetting, "reset"),
        (talking_nonsense, "malformed"),
    ],
)
async def test_whatever_goes_wrong_it_is_asked_once_and_the_outcome_is_unknown(
    served: object, reason: FailureReason
) -> None:
    async with running_upstream(served) as server, upstream_client(server.origin) as http:  # type: ignore[arg-type]  # one of the behaviours above
        with pytest.raises(UpstreamFailure) as failed:
            await LockKeyGateway(http).issue(COMMAND, call(0.4))

    assert failed.value.reason == reason
    assert failed.value.was_sent
    assert len(server.seen) <= 1


async def test_a_vendor_that_fails_does_not_stop_the_others() -> None:
    async with (
        running_upstream(answering(b"{}", status=503)) as server,
        upstream_client(server.origin) as http,
    ):
        gateway = LockKeyGateway(http)
        for _ in range(5):
            with pytest.raises(UpstreamFailure):
                await gateway.issue(COMMAND, call())

        assert gateway.refusal("salto") == "breaker_open"
        assert gateway.refusal("ttlock") is None
        assert http.refusal("lock-integration", "read") is None
        with pytest.raises(UpstreamFailure) as refused:
            await gateway.issue(COMMAND, call())

    assert not refused.value.was_sent
    assert len(server.seen) == 5


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"status": 201, "body": ISSUED}, "issued"),
        ({"status": 422, "body": {"code": "MELMASTOON.LOCK.KIND_UNSUPPORTED"}}, "refused"),
    ],
)
async def test_the_record_of_a_key_tells_what_it_did(record: object, expected: str) -> None:
    async with (
        running_upstream(answering(body(record))) as server,
        upstream_client(server.origin) as http,
    ):
        try:
            found = await LockKeyGateway(http).read_outcome(call())
            told = "issued" if found is not None and found.id == f"key_{ULID}" else "other"
        except LockKindUnsupported:
            told = "refused"

    assert told == expected
    assert server.seen[0].target == f"/api/v1/idempotency-keys/{KEY}"


async def test_only_their_own_word_says_that_there_is_no_record() -> None:
    own = answering(body({"code": "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND"}), status=404)
    async with running_upstream(own) as server, upstream_client(server.origin) as http:
        assert await LockKeyGateway(http).read_outcome(call()) is None
    proxy = answering(b"nothing here", status=404)
    async with running_upstream(proxy) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure):
            await LockKeyGateway(http).read_outcome(call())


async def test_a_lock_and_a_stay_are_read_in_our_ids() -> None:
    async with (
        running_upstream(answering(body(DEVICE))) as locks,
        upstream_client(locks.origin) as http,
    ):
        door = await LockKeyGateway(http).door(LOCK, scope_for())
    async with (
        running_upstream(answering(body(STAY))) as stays,
        upstream_client(stays.origin) as http,
    ):
        stay = await LockKeyGateway(http).key_stay(RESERVATION, scope_for())

    assert (door.room_id, door.vendor) == (ROOM, "salto")
    assert door.supported_kinds == {"rfid_card"}
    assert (stay.is_checked_in, stay.room_id, stay.guest_name) == (True, ROOM, GUEST_NAME)


async def test_another_propertys_lock_or_stay_is_as_good_as_missing() -> None:
    other = f"ppt_{ULID[:-1]}M"
    served = answering(body({**STAY, **DEVICE, "propertyId": other}))
    async with running_upstream(served) as server, upstream_client(server.origin) as http:
        gateway = LockKeyGateway(http)
        with pytest.raises(NotFoundUpstream):
            await gateway.door(LOCK, scope_for())
        with pytest.raises(NotFoundUpstream):
            await gateway.key_stay(RESERVATION, scope_for())
        with pytest.raises(NotFoundUpstream):
            await gateway.door(LockId("lck_../x"), scope_for())

    assert len(server.seen) == 2
