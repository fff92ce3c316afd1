"""The walk of a request through the web application, step by step, without a socket."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.asgi_call import AsgiCall
from tests.tokens import DEVICE, PROPERTY
from tests.web_house import BASE, House, Source

from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.presentation import asgi
from bff_backoffice.presentation.middleware import body as body_module


@pytest.fixture
def house() -> House:
    return House()


def code_of(call: AsgiCall) -> str:
    error = json.JSONDecoder().decode(call.body.decode())["error"]
    return str(error["code"]).rpartition(".")[2]


async def test_an_open_route_needs_nothing(house: House) -> None:
    for base in (BASE, "/api" + BASE):
        call = await house.call(AsgiCall(path=base + "/open"))
        assert (call.status, call.body) == (200, b'{"ok":true}')
        assert call.answered["content-length"] == "11"
        assert call.answered["cache-control"] == "no-store"
        assert call.answered["strict-transport-security"].startswith("max-age=")


async def test_the_path_is_routed_in_its_normal_form(house: House) -> None:
    for start in ("/x/../bff", "/%62ff", "/./bff", "/%2E%2e/bff"):
        path = start + "/backoffice/v1/open"
        assert (await house.call(AsgiCall(path=path))).status == 200
    for path in ("/bff%2Fbackoffice/v1/open", "/bff/backoffice/v1/open/", "/", "", "*", "/%"):
        assert (await house.call(AsgiCall(path=path))).status == 404


async def test_a_method_no_row_has_is_405_and_names_those_there_are(house: House) -> None:
    call = await house.call(AsgiCall("PUT", BASE + "/echo"))

    assert (call.status, call.answered["allow"]) == (405, "POST")


async def test_a_session_route_sets_the_caller(house: House) -> None:
    call = await house.called("/session")

    assert call.status == 200
    assert house.seen[0].caller.device_id == DEVICE
    assert f'"deviceId":"{DEVICE}"' in house.log.getvalue()


async def test_a_role_is_asked_before_anything_is_looked_up(house: House) -> None:
    call = await house.called("/owner")

    assert (call.status, code_of(call)) == (403, "ROLE_NOT_ALLOWED")
    assert house.seen == []


async def test_the_only_property_is_meant_where_none_is_named(house: House) -> None:
    key = ("X-Idempotency-Key", "01HZX8QJ5T9W2V4Y6B8D0F2H4K")
    call = await house.called("/property", key, method="POST")
    assert call.status == 200
    assert house.seen[0].property_id == PROPERTY
    assert house.seen[0].idempotency_key == key[1]

    named = await house.called("/property", key, ("X-Property-Id", PROPERTY), method="POST")
    assert named.status == 200
    for foreign in ("prop_other", "", PROPERTY.lower()):
        refused = await house.called("/property", key, ("X-Property-Id", foreign), method="POST")
        assert (refused.status, code_of(refused)) == (403, "PROPERTY_OUT_OF_SCOPE")


async def test_the_sessions_primary_property_is_meant_before_the_only_one(house: House) -> None:
    house.desk.token = house.desk.issuer.token(
        house.desk.clock.epoch_seconds(),
        house.desk.device_key.thumbprint,
        property_ids=[PROPERTY, "prop_other"],
    )
    key = ("X-Idempotency-Key", "01HZX8QJ5T9W2V4Y6B8D0F2H4K")
    await house.called("/session")
    ((name, session),) = house.desk.store.sessions.items()
    for primary, status in (("prop_other", 200), ("prop_no_longer_theirs", 400)):
        house.desk.store.sessions[name] = replace(session, primary_property_id=PropertyId(primary))
        assert (await house.called("/property", key, method="POST")).status == status
    assert house.seen[-1].property_id == "prop_other"


@pytest.mark.parametrize("properties", [[], [PROPERTY, "prop_other"]])
async def test_no_property_is_guessed(house: House, properties: list[str]) -> None:
    house.desk.token = house.desk.issuer.token(
        house.desk.clock.epoch_seconds(),
        house.desk.device_key.thumbprint,
        property_ids=properties,
    )
    call = await house.called("/property", method="POST")

    assert (call.status, code_of(call)) == (400, "PROPERTY_HEADER_MISSING")


async def test_a_mutation_without_a_key_is_refused(house: House) -> None:
    call = await house.called("/property", method="POST")

    assert (call.status, code_of(call)) == (400, "IDEMPOTENCY_KEY_MISSING")


async def test_a_mistake_of_ours_is_a_500_that_tells_nothing(house: House) -> None:
    house.raises = ValueError("a guest's name")
    call = await house.call(AsgiCall(path=BASE + "/open"))

    assert (call.status, code_of(call)) == (500, "INTERNAL_ERROR")
    assert b"guest" not in call.body
    assert "guest" not in house.log.getvalue()
    assert '"errorType":"ValueError"' in house.log.getvalue()
    assert 'error_code="internal.error"' in house.metrics()


async def test_a_handler_that_hangs_is_cut_off(house: House) -> None:
    call = await house.call(AsgiCall(path=BASE + "/slow"))

    assert (call.status, code_of(call)) == (503, "DEADLINE_PASSED")
    assert call.answered["retry-after"] == "1"


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        ([b'{"roomId": "r"}'], 200),
        ([b'{"roo', b'mId": "r"', b"}"], 200),
        ([b'{"roomId": "r"}' + b" " * 85], 200),
        ([b'{"roomId": "r"}' + b" " * 86], 413),
        ([b" " * 60, b" " * 60], 413),
        ([b""], 400),
        ([b'{"roomId": 1}'], 400),
        ([b'{"roomId": "r", "x": 1}'], 400),
        ([b'{"roomId": "r", "count": 1.5}'], 400),
        ([b'{"roomId": "r", "roomId": "s"}'], 400),
        ([b'{"roomId": "r", "count": NaN}'], 400),
    ],
)
async def test_a_body_is_read_within_its_limit_and_strictly(
    house: House, chunks: list[bytes], status: int
) -> None:
    headers = [("Content-Type", "application/json; charset=utf-8")]
    call = await house.call(AsgiCall("POST", BASE + "/echo", headers=headers, chunks=list(chunks)))

    assert call.status == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"roomId": 1}', "roomId"),
        (b'{"roomId": "r", "count": "x"}', "count"),
        (b'{"roomId": "r", "extra": 1}', "body"),
        (b"{}", "roomId"),
    ],
)
async def test_the_field_that_is_wrong_is_named(house: House, body: bytes, field: str) -> None:
    headers = [("Content-Type", "application/json")]
    call = await house.call(AsgiCall("POST", BASE + "/echo", headers=headers, chunks=[body]))

    assert call.status == 400
    assert f'"errors":[{{"field":"{field}","code":"invalid"}}]'.encode() in call.body


async def test_a_client_that_leaves_in_its_body_gets_nothing(house: House) -> None:
    headers = [("Content-Type", "application/json")]
    call = AsgiCall("POST", BASE + "/echo", headers=headers, chunks=[b"{"], hangs_up=True)

    assert (await house.call(call)).sent == []


async def test_a_body_that_drips_is_cut_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "BODY_SECONDS_MAX", 0.02)
    headers = [("Content-Type", "application/json")]
    call = AsgiCall("POST", BASE + "/echo", headers=headers, chunks=[])
    ran = await house.call(call)

    assert (ran.status, code_of(ran)) == (408, "REQUEST_TIMEOUT")


@pytest.mark.parametrize("length", ["101", "99999999999", "1" * 13, "-1", "1.0", "x", "\u00b2"])
async def test_a_declared_length_over_the_limit_is_refused_unread(
    house: House, length: str
) -> None:
    headers = [("Content-Type", "application/json"), ("Content-Length", length)]
    call = await house.call(AsgiCall("POST", BASE + "/echo", headers=headers))

    assert (call.status, code_of(call)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "headers",
    [
        [(f"X-{number}", "x") for number in range(asgi.HEADER_FIELDS_MAX + 1)],
        [("X-Big", "x" * asgi.HEADER_BYTES_MAX)],
        [(f"X-{n}", "x" * 1024) for n in range(40)],
    ],
)
async def test_header_fields_over_the_limit_are_431(
    house: House, headers: list[tuple[str, str]]
) -> None:
    call = await house.call(AsgiCall(path=BASE + "/open", headers=headers))

    assert (call.status, code_of(call)) == (431, "HEADERS_TOO_LARGE")


async def test_a_stream_is_sent_line_by_line_and_closed(house: House) -> None:
    call = await house.call(AsgiCall(path=BASE + "/stream"))

    assert call.body == b"line\n" * 3
    assert "content-length" not in call.answered
    assert call.answered["content-type"] == "application/x-ndjson"
    assert house.source.is_closed


async def test_a_client_that_leaves_closes_the_source_of_its_stream(house: House) -> None:
    house.source = Source(None)
    call = AsgiCall(path=BASE + "/stream")
    running = asyncio.create_task(house.call(call))
    await house.source.has_sent(5)
    call.gone.set()
    await asyncio.wait_for(running, 2)

    assert house.source.is_closed
    sent = house.source.sent
    await asyncio.sleep(0)
    assert house.source.sent == sent


async def test_a_stream_that_does_not_end_is_cut_off_and_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "STREAM_SECONDS_MAX", 0.02)
    house.source = Source(None)
    await asyncio.wait_for(house.call(AsgiCall(path=BASE + "/stream")), 2)

    assert house.source.is_closed


async def test_a_stream_that_breaks_is_told_in_the_log_without_its_words(house: House) -> None:
    house.source = Source(2, breaks=True)
    call = await house.call(AsgiCall(path=BASE + "/stream"))

    assert call.sent[-1].get("more_body") is True
    assert house.source.is_closed
    assert '"errorType":"RuntimeError"' in house.log.getvalue()
    assert "secret words" not in house.log.getvalue()


async def test_a_refusal_is_counted_by_its_reason(house: House) -> None:
    headers = house.credentials("GET", BASE + "/session")
    for _ in range(2):
        await house.call(AsgiCall(path=BASE + "/session", headers=headers))

    metrics = house.metrics()
    assert 'credential_refused_total{reason="replayed"} 1.0' in metrics
    assert "dpop_replay_blocked_total 1.0" in metrics
    assert 'route="/session",status_class="4xx"' in metrics


async def test_no_label_is_a_clients_to_choose(house: House) -> None:
    for number in range(50):
        await house.call(AsgiCall(f"M{number}", f"/made-up/{number}"))
        await house.call(AsgiCall(f"M{number}", BASE + "/open"))

    assert "made-up" not in house.metrics()
    assert 'method="M1"' not in house.metrics()


async def test_another_kind_of_scope_is_left_alone(house: House) -> None:
    async def never(*_: object) -> asgi.Message:
        raise AssertionError("asked")

    await house.application({"type": "lifespan"}, never, never)  # type: ignore[arg-type]  # never called


async def test_a_caller_without_an_address_is_served(house: House) -> None:
    assert (await house.call(AsgiCall(path=BASE + "/open", client=None))).status == 200


@pytest.mark.parametrize(
    ("headers", "version", "platform"),
    [
        ([("X-App-Version", "1.4.0"), ("X-App-Platform", "win32")], "1.4.0", "win32"),
        ([("X-App-Version", "1 4"), ("X-App-Platform", "WIN32")], None, None),
        ([("X-App-Version", "x" * 33), ("X-App-Platform", "beos")], None, None),
        ([], None, None),
    ],
)
async def test_only_known_facts_about_the_app_are_kept(
    house: House, headers: list[tuple[str, str]], version: str | None, platform: str | None
) -> None:
    await house.call(AsgiCall(path=BASE + "/open", headers=headers))

    facts = house.seen[0].facts
    assert (facts.app_version, facts.app_platform) == (version, platform)


@pytest.mark.parametrize(
    "offered",
    [
        "", "x", "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "01-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "A" * 32 + "-" + "b" * 16 + "-01", "00-" + "a" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "b" * 16 + "-01\n",
    ],
)  # fmt: skip
async def test_a_trace_that_is_none_is_replaced(house: House, offered: str) -> None:
    await house.call(AsgiCall(path=BASE + "/open", headers=[("traceparent", offered)]))
    assert house.seen[0].facts.traceparent != offered

    given = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    await house.call(AsgiCall(path=BASE + "/open", headers=[("traceparent", given)]))
    assert house.seen[1].facts.traceparent == given
    assert house.seen[1].facts.trace_id == "a" * 32
