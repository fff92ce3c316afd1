"""What each misbehaviour of an upstream costs: its own call, a bounded time, bounded memory."""

import asyncio
import contextlib
import resource
import socket
from dataclasses import replace

import msgspec
import pytest
from tests.fakes.upstream_http import RecordingObserver, scope_for, upstream_client
from tests.fakes.upstream_server import (
    Behaviour,
    announcing_a_flood,
    answering,
    dripping,
    flooding,
    hanging,
    promising_more,
    resetting,
    running_upstream,
    talking_nonsense,
)

from bff_backoffice.application.ports.upstream_calls import NotFoundUpstream
from bff_backoffice.application.ports.upstreams import FailureReason, UpstreamFailure
from bff_backoffice.infrastructure.upstreams.answers import read_typed
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient
from bff_backoffice.infrastructure.upstreams.messages import UpstreamRequest
from bff_backoffice.infrastructure.upstreams.policy import (
    CONNECTIONS_MAX,
    POLICIES,
    REQUEST_BODY_BYTES_MAX,
    OperationClass,
    PolicyTable,
    UpstreamName,
    UpstreamPolicy,
)

MEBIBYTE = 1024 * 1024


class Named(msgspec.Struct):
    name: str


NAMED = msgspec.json.Decoder(Named)


def a_read(*, seconds: float = 0.6, upstream: UpstreamName = "reservation") -> UpstreamRequest:
    return UpstreamRequest(
        upstream=upstream,
        operation="read",
        method="GET",
        path="/things",
        scope=scope_for(seconds),
    )


def a_mutation(*, is_keyed: bool, seconds: float = 0.6) -> UpstreamRequest:
    return UpstreamRequest(
        upstream="reservation",
        operation="mutation",
        method="POST",
        path="/things",
        body=b"{}",
        is_keyed=is_keyed,
        scope=scope_for(seconds),
    )


def policies_with(operation: OperationClass = "read", **changes: object) -> PolicyTable:
    row = POLICIES["reservation", operation]
    changed: UpstreamPolicy = replace(row, **changes)  # type: ignore[arg-type]  # Named per test.
    key: tuple[UpstreamName, OperationClass] = ("reservation", operation)
    return {**POLICIES, key: changed}


async def failure_of(client: UpstreamHttpClient, request: UpstreamRequest) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as caught:
        await client.send(request)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "reason", "was_sent"),
    [
        (hanging, "timeout", True),
        (resetting, "reset", True),
        (talking_nonsense, "malformed", True),
        (promising_more, "reset", True),
        (flooding, "too_large", True),
        (announcing_a_flood, "too_large", True),
        (dripping, "timeout", True),
        (answering(b"", status=503), "error", True),
        (answering(b"", status=302, headers="location: /elsewhere\r\n"), "wrong_shape", True),
    ],
)
async def test_a_misbehaving_upstream_costs_its_own_call_and_has_a_name(
    behaviour: Behaviour, reason: FailureReason, *, was_sent: bool
) -> None:
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as client:
        failure = await failure_of(client, a_read())

        assert failure.reason == reason
        assert failure.was_sent is was_sent

        server.behave(answering(b'{"name": "Zahra"}'))
        assert (await client.send(a_read())).body == b'{"name": "Zahra"}'


async def test_a_refused_connection_is_known_to_have_sent_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with upstream_client(origin) as client:
            failure = await failure_of(client, a_mutation(is_keyed=True))

    assert failure.reason == "unreachable"
    assert failure.was_sent is False


async def test_a_connection_that_never_opens_is_known_to_have_sent_nothing() -> None:
    with socket.socket() as deaf, contextlib.ExitStack() as queue:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(deaf.getsockname())
        origin = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        async with upstream_client(origin) as client:
            failure = await failure_of(client, a_mutation(is_keyed=False))

    assert failure.reason == "unreachable"
    assert failure.was_sent is False


async def test_a_flood_of_forty_megabytes_leaves_memory_where_it_was() -> None:
    async with running_upstream(flooding) as server, upstream_client(server.origin) as client:
        await failure_of(client, a_read(seconds=2))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(3):
            await failure_of(client, a_read(seconds=2))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert grown * 1024 < 16 * MEBIBYTE


async def test_a_drip_is_bounded_by_the_whole_deadline_not_by_each_read() -> None:
    async with running_upstream(dripping) as server, upstream_client(server.origin) as client:
        request = a_read(seconds=0.2)
        await failure_of(client, request)

        assert request.scope.deadline.has_passed()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"name": 7}', "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b"<html>", "malformed"),
        (b'{"name": "\xff"}', "malformed"),
        (b"[" * 100_000, "wrong_shape"),
        (b"", "malformed"),
    ],
)
async def test_an_answer_of_the_wrong_form_is_named_and_opens_no_breaker(
    body: bytes, reason: FailureReason
) -> None:
    async with (
        running_upstream(answering(body)) as server,
        upstream_client(server.origin) as client,
    ):
        for _ in range(7):
            with pytest.raises(UpstreamFailure) as caught:
                await read_typed(client, a_read(), NAMED)

            assert caught.value.reason == reason


async def test_a_thing_that_is_not_there_is_no_failure_of_the_upstream_s() -> None:
    async with (
        running_upstream(answering(b"{}", status=404)) as server,
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(NotFoundUpstream):
            await read_typed(client, a_read(), NAMED)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("99999", None), ("soon", None), ("-1", None), ("9999", 3600), (None, None)],
)
async def test_a_refused_read_says_when_to_come_back(
    header: str | None, seconds: int | None
) -> None:
    headers = f"retry-after: {header}\r\n" if header else ""
    async with (
        running_upstream(answering(b"{}", status=429, headers=headers)) as server,
        upstream_client(server.origin) as client,
    ):
        with pytest.raises(UpstreamFailure) as caught:
            await read_typed(client, a_read(), NAMED)

    assert (caught.value.reason, caught.value.status) == ("rejected", 429)
    assert caught.value.retry_after_seconds == seconds


async def test_unknown_members_are_tolerated() -> None:
    body = b'{"name": "Zahra", "added": [1]}'
    async with (
        running_upstream(answering(body)) as server,
        upstream_client(server.origin) as client,
    ):
        assert (await read_typed(client, a_read(), NAMED)).name == "Zahra"


async def test_the_call_carries_our_identity_deadline_and_trace_and_nothing_of_the_client() -> None:
    async with (
        running_upstream(answering(b"{}", headers="set-cookie: a=b\r\n")) as server,
        upstream_client(server.origin) as client,
    ):
        await client.send(a_read(seconds=0.5))
        await client.send(a_read(seconds=0.5))

    first, second = (request.headers for request in server.seen)
    assert first["authorization"] == "Bearer service-identity"
    assert 300 < int(first["x-deadline-ms"]) <= 500
    assert first["x-request-id"] == "req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"
    assert first["traceparent"].startswith("00-4bf92f3577b34da6")
    assert {"dpop", "cookie"}.isdisjoint(first)
    assert "cookie" not in second


@pytest.mark.parametrize("header", ["Authorization", "DPoP", "dpop", "Cookie"])
def test_a_gateway_cannot_pass_a_credential_on(header: str) -> None:
    with pytest.raises(ValueError, match="credentials"):
        replace(a_read(), headers={header: "stolen"})


def test_a_device_proof_can_go_to_iam_alone() -> None:
    with pytest.raises(ValueError, match="iam"):
        replace(a_read(), forwarded_proof="proof")


async def test_a_device_proof_goes_to_iam_on_that_one_call() -> None:
    async with (
        running_upstream(answering(b"{}")) as server,
        upstream_client(server.origin) as client,
    ):
        request = replace(a_read(upstream="iam"), forwarded_proof="the device's own")
        await client.send(request)
        await client.send(a_read(upstream="iam"))

    assert [request.headers.get("dpop") for request in server.seen] == ["the device's own", None]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"path": "things"}, "path"),
        ({"body": b"x" * (REQUEST_BODY_BYTES_MAX + 1)}, "body"),
    ],
)
def test_a_request_that_cannot_be_right_is_a_mistake_of_ours(
    changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(a_read(), **changes)  # type: ignore[arg-type]  # Named per case.


async def test_a_failed_read_is_tried_again_inside_its_deadline() -> None:
    async with (
        running_upstream(answering(b"", status=500), answering(b"{}")) as server,
        upstream_client(server.origin) as client,
    ):
        assert (await client.send(a_read())).status == 200

    assert len(server.seen) == 2


@pytest.mark.parametrize("behaviour", [answering(b"", status=404), hanging, flooding])
async def test_what_would_not_get_better_is_not_tried_again(behaviour: Behaviour) -> None:
    async with running_upstream(behaviour) as server, upstream_client(server.origin) as client:
        try:
            answer = await client.send(a_read())
        except UpstreamFailure:
            pass
        else:
            assert answer.status == 404

    assert len(server.seen) == 1


@pytest.mark.parametrize(("is_keyed", "requests"), [(True, 2), (False, 1)])
async def test_a_mutation_is_repeated_only_with_a_key(*, is_keyed: bool, requests: int) -> None:
    async with running_upstream(resetting) as server, upstream_client(server.origin) as client:
        failure = await failure_of(client, a_mutation(is_keyed=is_keyed))

    assert failure.was_sent
    assert len(server.seen) == requests


async def test_a_repeat_that_never_left_does_not_hide_that_the_first_did() -> None:
    async with running_upstream(resetting) as server:
        breaker = replace(POLICIES["reservation", "mutation"].breaker, consecutive_failures=1)
        policies = policies_with("mutation", breaker=breaker)
        async with upstream_client(server.origin, policies=policies) as client:
            failure = await failure_of(client, a_mutation(is_keyed=True))

    assert failure.reason == "reset"
    assert failure.was_sent
    assert failure.__cause__ is not failure
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 404, 409, 429])
async def test_a_refused_repeat_of_a_mutation_does_not_hide_that_the_first_was_sent(
    status: int,
) -> None:
    refusing = answering(b"{}", status=status)
    async with (
        running_upstream(resetting, refusing) as server,
        upstream_client(server.origin) as client,
    ):
        failure = await failure_of(client, a_mutation(is_keyed=True))

    assert failure.reason == "reset"
    assert failure.was_sent
    assert len(server.seen) == 2


async def test_a_refused_repeat_of_a_read_is_its_answer() -> None:
    async with (
        running_upstream(resetting, answering(b"{}", status=404)) as server,
        upstream_client(server.origin) as client,
    ):
        assert (await client.send(a_read())).status == 404

    assert len(server.seen) == 2


async def test_retries_run_dry_instead_of_multiplying_an_outage() -> None:
    never_open = replace(
        POLICIES["reservation", "read"].breaker, consecutive_failures=10**6, window_calls=10**6
    )
    policies = policies_with(breaker=never_open)
    async with (
        running_upstream(answering(b"", status=500)) as server,
        upstream_client(server.origin, policies=policies) as client,
    ):
        for _ in range(40):
            await failure_of(client, a_read())

    assert 50 <= len(server.seen) <= 55


async def test_five_failures_open_the_breaker_and_nothing_more_is_sent() -> None:
    async with (
        running_upstream(answering(b"", status=500)) as server,
        upstream_client(server.origin, policies=policies_with(retries=0)) as client,
    ):
        for _ in range(5):
            await failure_of(client, a_read())
        assert client.refusal("reservation", "read") == "breaker_open"
        failure = await failure_of(client, a_read())

        assert failure.reason == "breaker_open"
        assert failure.was_sent is False
        assert len(server.seen) == 5
        assert client.refusal("reservation", "mutation") is None
        assert client.refusal("billing", "read") is None
        states = client.breaker_states()
        assert [name for name, state in states.items() if state == "open"] == ["reservation/read"]


async def test_calls_that_start_together_after_an_outage_wait_for_the_first_one() -> None:
    breaker = replace(POLICIES["reservation", "read"].breaker, open_seconds=0.01)
    policies = policies_with(retries=0, breaker=breaker)
    async with (
        running_upstream(answering(b"", status=500)) as server,
        upstream_client(server.origin, policies=policies) as client,
    ):
        for _ in range(5):
            await failure_of(client, a_read())
        server.behave(answering(b"{}"))
        await asyncio.sleep(0.02)

        answers = await asyncio.gather(*(client.send(a_read()) for _ in range(3)))

    assert [answer.status for answer in answers] == [200, 200, 200]


async def test_client_errors_never_open_the_breaker() -> None:
    async with (
        running_upstream(answering(b"{}", status=429)) as server,
        upstream_client(server.origin) as client,
    ):
        for _ in range(20):
            assert (await client.send(a_read())).status == 429

        assert client.refusal("reservation", "read") is None


async def test_calls_above_the_bulkhead_are_refused_and_a_cancel_frees_its_place() -> None:
    policies = policies_with(calls_under_way_max=2, calls_waiting_max=0)
    async with (
        running_upstream(hanging) as server,
        upstream_client(server.origin, policies=policies) as client,
    ):
        calls = [asyncio.create_task(client.send(a_read(seconds=5))) for _ in range(2)]
        await server.has_seen(2)

        assert client.refusal("reservation", "read") == "bulkhead_full"
        failure = await failure_of(client, a_read())
        assert failure.reason == "bulkhead_full"
        assert failure.was_sent is False

        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        server.behave(answering(b"{}"))
        assert (await client.send(a_read())).status == 200


async def test_a_burst_that_a_healthy_upstream_works_off_is_not_refused() -> None:
    policies = policies_with(calls_under_way_max=4, calls_waiting_max=60)
    async with (
        running_upstream(answering(b"{}")) as server,
        upstream_client(server.origin, policies=policies) as client,
    ):
        answers = await asyncio.gather(*(client.send(a_read()) for _ in range(60)))

    assert {answer.status for answer in answers} == {200}


async def test_behind_a_hung_upstream_a_place_is_not_waited_for_long() -> None:
    policies = policies_with(calls_under_way_max=1, calls_waiting_max=5)
    async with (
        running_upstream(hanging) as server,
        upstream_client(server.origin, policies=policies) as client,
    ):
        hung = asyncio.create_task(failure_of(client, a_read()))
        await server.has_seen(1)
        failures = await asyncio.gather(*(failure_of(client, a_read()) for _ in range(7)))

        assert {failure.reason for failure in failures} == {"bulkhead_full"}
        assert not hung.done()
        assert (await hung).reason == "timeout"
    assert len(server.seen) == 1


async def test_more_cancelled_calls_than_there_are_connections_leave_none_taken() -> None:
    at_once = 40
    async with (
        running_upstream(hanging) as server,
        upstream_client(server.origin) as client,
    ):
        for round_number in range(CONNECTIONS_MAX // at_once + 1):
            calls = [asyncio.create_task(client.send(a_read(seconds=30))) for _ in range(at_once)]
            await server.has_seen((round_number + 1) * at_once)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        server.behave(answering(b"{}"))

        assert (await client.send(a_read(seconds=5))).status == 200


async def test_a_spent_deadline_sends_nothing() -> None:
    async with (
        running_upstream(answering(b"{}")) as server,
        upstream_client(server.origin) as client,
    ):
        failure = await failure_of(client, a_read(seconds=0))

    assert failure.reason == "deadline_spent"
    assert server.seen == []


async def test_how_each_call_ended_is_told() -> None:
    observer = RecordingObserver()
    async with (
        running_upstream(answering(b"{}"), answering(b"{}", status=404), hanging) as server,
        upstream_client(server.origin, observer=observer) as client,
    ):
        await client.send(a_read())
        await client.send(a_read())
        await failure_of(client, a_read(seconds=0.1))

    assert [outcome for _, _, outcome in observer.outcomes] == ["ok", "refused", "timeout"]
