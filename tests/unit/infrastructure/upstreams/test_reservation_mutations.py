"""The reservation service's actions in its own dialect, good and bad."""

from dataclasses import replace

import msgspec
import pytest
from tests.fakes.mutation_path import OPERATOR, RESERVATION, ROOM
from tests.fakes.upstream_http import TENANT, scope_for, upstream_client
from tests.fakes.upstream_server import (
    answering,
    hanging,
    resetting,
    running_upstream,
    talking_nonsense,
)

from bff_backoffice.application.ports.reservation_mutations import MutationCall
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.domain.mutation import (
    CheckIn,
    ReservationIllegalTransition,
    ReservationNoRoomReady,
    ReservationNotFound,
    ReservationRejected,
    ReservationRoomNotReady,
    ReservationVersionConflict,
)
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import ReservationId
from bff_backoffice.infrastructure.upstreams.reservation_mutations import (
    ReservationMutationGateway,
)

KEY = "2HMNVY73A3KXVD41GP8ATN5WN9"
COMMAND = CheckIn(reservation_id=RESERVATION, room_id=ROOM, is_document_verified=True, note="Late")
DONE = msgspec.json.encode(
    {"id": RESERVATION, "state": "checked_in", "version": 4, "roomId": ROOM, "guest": {}}
)


def call(seconds: float = 5.0) -> MutationCall:
    scope = replace(scope_for(seconds), operator_id=OPERATOR)
    return MutationCall(scope=scope, upstream_key=KEY)


def problem(code: str) -> bytes:
    return msgspec.json.encode(
        {"code": code, "title": "Room of Ahmad Wali", "violations": [{"rule": "secret"}]}
    )


async def test_a_check_in_is_asked_in_the_upstreams_own_words() -> None:
    async with running_upstream(answering(DONE)) as server, upstream_client(server.origin) as http:
        after = await ReservationMutationGateway(http).check_in(COMMAND, call())

    (seen,) = server.seen
    assert (seen.method, seen.target) == (
        "POST",
        f"/api/v1/reservations/{RESERVATION}/check-in",
    )
    assert seen.headers["idempotency-key"] == KEY
    assert seen.headers["x-tenant-id"] == TENANT
    assert seen.headers["x-property-id"].startswith("ppt_")
    assert seen.headers["x-operator-id"] == OPERATOR
    assert "dpop" not in seen.headers
    assert msgspec.json.decode(seen.body) == {
        "roomId": ROOM, "documentVerified": True, "note": "Late",
    }  # fmt: skip
    assert (after.id, after.state, after.room_id, after.version) == (
        RESERVATION, "checked_in", ROOM, 4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "MELMASTOON.GENERAL.RESOURCE_NOT_FOUND", ReservationNotFound),
        (403, "MELMASTOON.TENANT.MISMATCH", ReservationNotFound),
        (409, "MELMASTOON.RESERVATION.ILLEGAL_TRANSITION", ReservationIllegalTransition),
        (409, "MELMASTOON.RESERVATION.OUTSIDE_STAY", ReservationIllegalTransition),
        (409, "MELMASTOON.RESERVATION.ROOM_NOT_READY", ReservationRoomNotReady),
        (409, "MELMASTOON.RESERVATION.ROOM_OCCUPIED", ReservationRoomNotReady),
        (409, "MELMASTOON.RESERVATION.ROOM_BLOCKED", ReservationRoomNotReady),
        (409, "MELMASTOON.RESERVATION.NO_READY_ROOM", ReservationNoRoomReady),
        (422, "MELMASTOON.RESERVATION.ROOM_TYPE_MISMATCH", ReservationRejected),
        (412, "MELMASTOON.RESERVATION.VERSION_CONFLICT", ReservationVersionConflict),
        (409, "MELMASTOON.SYNC.IDEMPOTENCY_KEY_REUSED", ReservationRejected),
        (409, "MELMASTOON.RESERVATION.SOMETHING_NEW", ReservationRejected),
        (400, "MELMASTOON.GENERAL.VALIDATION_FAILED", ReservationRejected),
    ],
)
async def test_each_refusal_becomes_one_of_our_own_and_none_of_its_words_pass(
    status: int, code: str, expected: type[ServiceError]
) -> None:
    behaviour = answering(problem(code), status=status)
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        with pytest.raises(expected) as refused:
            await ReservationMutationGateway(http).check_in(COMMAND, call())

    assert "Ahmad" not in str(refused.value)
    assert "secret" not in str(refused.value.fields)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403, 408, 425, 429])
async def test_a_refusal_of_the_call_is_no_decision_about_the_action(status: int) -> None:
    behaviour = answering(b"{}", status=status, headers="retry-after: 7\r\n")
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await ReservationMutationGateway(http).check_in(COMMAND, call())

    assert (failed.value.reason, failed.value.retry_after_seconds) == ("rejected", 7)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>no such host</html>"])
@pytest.mark.parametrize("status", [400, 404, 412, 422])
async def test_a_refusal_without_a_code_may_be_a_proxys_and_decides_nothing(
    status: int, body: bytes
) -> None:
    behaviour = answering(body, status=status)
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await ReservationMutationGateway(http).check_in(COMMAND, call())

    assert failed.value.was_sent


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "malformed"),
        (b'{"id": 1}', "wrong_shape"),
        (DONE.replace(b"rmu_", b"rom_"), "wrong_shape"),
    ],
)
async def test_an_unreadable_success_is_an_unknown_outcome(
    body: bytes, reason: FailureReason
) -> None:
    async with running_upstream(answering(body)) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await ReservationMutationGateway(http).check_in(COMMAND, call())

    assert failed.value.reason == reason
    assert failed.value.was_sent


async def test_a_broken_connection_is_tried_again_with_the_same_key() -> None:
    async with (
        running_upstream(resetting, answering(DONE)) as server,
        upstream_client(server.origin) as http,
    ):
        after = await ReservationMutationGateway(http).check_in(COMMAND, call())

    assert after.state == "checked_in"
    assert [seen.headers["idempotency-key"] for seen in server.seen] == [KEY, KEY]


async def test_a_hang_is_an_unknown_outcome_inside_the_deadline() -> None:
    async with running_upstream(hanging) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure) as failed:
            await ReservationMutationGateway(http).check_in(COMMAND, call(0.2))

    assert failed.value.reason == "timeout"
    assert failed.value.was_sent
    assert len(server.seen) == 1


async def test_a_path_cannot_be_smuggled_in_an_id() -> None:
    async with running_upstream(answering(DONE)) as server, upstream_client(server.origin) as http:
        with pytest.raises(ReservationNotFound):
            await ReservationMutationGateway(http).check_in(
                replace(COMMAND, reservation_id=ReservationId("../../v2/rsv_1")), call()
            )

    assert server.seen == []


def record(status: int, body: bytes) -> bytes:
    return msgspec.json.encode({"idempotencyKey": KEY, "status": status, "body": msgspec.Raw(body)})


async def test_what_the_key_did_is_read_back() -> None:
    behaviour = answering(record(200, DONE))
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        after = await ReservationMutationGateway(http).read_outcome(RESERVATION, call())

    assert after is not None
    assert after.state == "checked_in"
    assert server.seen[0].target == f"/api/v1/reservations/idempotency-keys/{KEY}"


async def test_a_refusal_on_record_is_raised_like_a_fresh_one() -> None:
    body = record(409, problem("MELMASTOON.RESERVATION.ROOM_OCCUPIED"))
    async with running_upstream(answering(body)) as server, upstream_client(server.origin) as http:
        with pytest.raises(ReservationRoomNotReady):
            await ReservationMutationGateway(http).read_outcome(RESERVATION, call())


async def test_a_key_that_never_acted_is_none() -> None:
    behaviour = answering(problem("MELMASTOON.GENERAL.RESOURCE_NOT_FOUND"), status=404)
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        assert await ReservationMutationGateway(http).read_outcome(RESERVATION, call()) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"<html>no such host</html>"), (404, b"{}"), (429, b"{}"), (200, b"[]")],
)
async def test_only_the_services_own_word_says_that_nothing_was_done(
    status: int, body: bytes
) -> None:
    behaviour = answering(body, status=status)
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as http:
        with pytest.raises(UpstreamFailure):
            await ReservationMutationGateway(http).read_outcome(RESERVATION, call())


async def test_a_breaker_that_is_open_is_told_before_anything_is_claimed() -> None:
    async with running_upstream(talking_nonsense) as server, upstream_client(server.origin) as http:
        gateway = ReservationMutationGateway(http)
        before = gateway.refusal()
        for _ in range(6):
            with pytest.raises(UpstreamFailure):
                await gateway.check_in(COMMAND, call())

        assert before is None
        assert gateway.refusal() == "breaker_open"
