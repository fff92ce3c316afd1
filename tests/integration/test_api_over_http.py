"""The API over a real socket: who is let in, who is not, and what nobody can do to it."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import redis as redis_client
from tests.running_api import (
    CLIENT_ORIGIN,
    Reply,
    RunningApi,
    api_environment,
    key_server,
    own_database,
    running_api,
)
from tests.tokens import ABSENT, DEVICE, OPERATOR, PATH, PROPERTY, TENANT, Issuer, elliptic_key

from sandbox.stores import Stores

REFRESH = "/bff/backoffice/v1/auth/refresh"
DASHBOARD = "/bff/backoffice/v1/dashboard"
SIGN_OUT = "/bff/backoffice/v1/auth/sign-out"


@pytest.fixture(scope="module")
def api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """One process for this module; other upstreams than iam accept and never answer."""
    with redis_client.Redis.from_url(stores.session_tier.url) as client:
        client.flushall()
    issuer = Issuer(key_id="sandbox-1")
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as hung,
        key_server(issuer) as iam,
        own_database(stores, "api_over_http") as postgres,
    ):
        environment = api_environment(
            iam=iam,
            upstreams=f"http://127.0.0.1:{hung.getsockname()[1]}",
            postgres=postgres,
            session_tier=stores.session_tier.url,
            cache_tier=stores.cache_tier.url,
        )
        log: Path = tmp_path_factory.mktemp("api") / "api.log"
        with running_api(environment, issuer, log) as running:
            yield running


@pytest.fixture(autouse=True)
def device(api: RunningApi) -> None:
    """Each test is another device, so that none spends another's quota."""
    api.device_key = elliptic_key()
    let_in(api)


@pytest.fixture
def tier(stores: Stores) -> Iterator["redis_client.Redis"]:
    with redis_client.Redis.from_url(stores.session_tier.url) as client:
        yield client


def let_in(api: RunningApi) -> Reply:
    """Call; once more with the nonce if the store has been lost by another test."""
    reply = api.call()
    if reply.status == 503:
        reply = api.call()
    if "dpop-nonce" in reply.headers:
        api.nonce = reply.headers["dpop-nonce"]
        reply = api.call()
    assert reply.status == 200, (reply, api.logged()[-2000:])
    return reply


def contents(tier: "redis_client.Redis") -> dict[str, object]:
    listed = cast("list[bytes]", tier.keys("*"))
    names = sorted(name.decode() for name in listed if not name.startswith(b"scope:"))
    return {name: (tier.dump(name), tier.pexpiretime(name)) for name in names}


def test_a_caller_learns_who_it_is_and_until_when(api: RunningApi) -> None:
    reply = api.call()
    session = reply.json()

    assert str(session["id"]).startswith("bos_")
    assert (session["tenantId"], session["operatorId"]) == (TENANT, OPERATOR)
    assert session["deviceId"] == DEVICE
    assert session["roles"] == ["front_desk"]
    assert session["propertyIds"] == [PROPERTY]
    assert session["scopeResolved"] is False
    assert re.fullmatch(r"\d{4}-.*\.\d{3}Z", str(session["serverTime"]))
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"req_[0-7][0-9A-Z]{25}", reply.headers["x-request-id"])
    assert "set-cookie" not in reply.headers
    assert "server" not in reply.headers


def test_the_public_base_is_the_same_and_the_proof_is_for_the_url_called(api: RunningApi) -> None:
    assert api.call("GET", "/api" + PATH).status == 200
    crossed = {**api.headers("GET", PATH)}

    assert api.send("GET", "/api" + PATH, crossed).code == "INVALID_DPOP_PROOF"


def test_field_names_compare_without_case(api: RunningApi) -> None:
    headers = {name.swapcase(): value for name, value in api.headers().items()}

    assert api.send("GET", PATH, headers).status == 200


def test_blanks_around_a_value_are_nothing(api: RunningApi) -> None:
    headers = {name: f"  {value} \t" for name, value in api.headers().items()}

    assert api.send("GET", PATH, headers).status == 200


def refusals(api: RunningApi) -> dict[str, tuple[dict[str, str], int, str, str]]:
    """Return headers, status, code and the challenge's error of each refusal."""
    good = api.headers()
    token = api.token()
    without = {name: {k: v for k, v in good.items() if k != name} for name in good}
    old = api.proof("GET", PATH, token, iat=int(time.time()) - 100)  # noqa: TID251 - a real process
    other_key = replace_key(api, token)
    expired = api.token(exp=int(time.time()) - 1)  # noqa: TID251 - as above
    stranger = Issuer(key_id="sandbox-1").token(
        time.time(),  # noqa: TID251 - as above
        api.device_key.thumbprint,
        iss=api.issuer_url,
    )
    ours = {"X-Device-Id": DEVICE}
    bound = {"Authorization": f"DPoP {token}", **ours}

    def with_token(made: str) -> dict[str, str]:
        return {"Authorization": f"DPoP {made}", "DPoP": api.proof("GET", PATH, made), **ours}

    return {
        "nothing": ({}, 401, "AUTHENTICATION_REQUIRED", ""),
        "no token": (without["Authorization"], 401, "AUTHENTICATION_REQUIRED", ""),
        "basic": ({**good, "Authorization": "Basic eDp5"}, 401, "AUTHENTICATION_REQUIRED", ""),
        "no proof": (without["DPoP"], 401, "INVALID_DPOP_PROOF", "invalid_dpop_proof"),
        "no device": (without["X-Device-Id"], 400, "DEVICE_HEADER_MISSING", ""),
        "bearer": (
            {**good, "Authorization": good["Authorization"].replace("DPoP", "Bearer")},
            401,
            "INVALID_TOKEN",
            "invalid_token",
        ),
        "half": ({**good, "Authorization": "DPoP"}, 401, "INVALID_REQUEST", "invalid_request"),
        "cookie": ({**good, "Cookie": "a=b"}, 401, "INVALID_REQUEST", "invalid_request"),
        "api key": ({**good, "X-Api-Key": "x"}, 401, "INVALID_REQUEST", "invalid_request"),
        "other device": ({**good, "X-Device-Id": "dev_x"}, 401, "INVALID_TOKEN", "invalid_token"),
        "old": ({**bound, "DPoP": old}, 401, "INVALID_DPOP_PROOF", "invalid_dpop_proof"),
        "post": (
            {**bound, "DPoP": api.proof("POST", PATH, token)},
            401,
            "INVALID_DPOP_PROOF",
            "invalid_dpop_proof",
        ),
        "no ath": (
            {**bound, "DPoP": api.proof("GET", PATH, token, ath=ABSENT)},
            401,
            "INVALID_DPOP_PROOF",
            "invalid_dpop_proof",
        ),
        "other key": ({**bound, "DPoP": other_key}, 401, "INVALID_TOKEN", "invalid_token"),
        "expired": (with_token(expired), 401, "INVALID_TOKEN", "invalid_token"),
        "stranger": (with_token(stranger), 401, "INVALID_TOKEN", "invalid_token"),
        "unbound": (with_token(api.token(cnf=ABSENT)), 401, "INVALID_TOKEN", "invalid_token"),
        "property": (
            {**good, "X-Property-Id": "prop_other"},
            403,
            "PROPERTY_OUT_OF_SCOPE",
            "",
        ),
        "foreign": ({**bound, "DPoP": "\u00e9"}, 401, "INVALID_DPOP_PROOF", "invalid_dpop_proof"),
        "long proof": (
            {**bound, "DPoP": "a" * 5000}, 401, "INVALID_DPOP_PROOF", "invalid_dpop_proof"
        ),
        "long token": (
            {**good, "Authorization": "DPoP " + "a" * 8193}, 401, "INVALID_TOKEN", "invalid_token"
        ),
    }  # fmt: skip


def replace_key(api: RunningApi, token: str) -> str:
    return replace(api, device_key=elliptic_key()).proof("GET", PATH, token)


def test_every_refusal_has_its_status_code_and_challenge_and_changes_nothing(
    api: RunningApi, tier: "redis_client.Redis"
) -> None:
    spends_its_proof = {"property"}
    for name, (headers, status, code, error) in refusals(api).items():
        before = contents(tier)
        reply = api.send("GET", PATH, headers)
        assert (reply.status, reply.code) == (status, code), name
        assert reply.headers["content-type"] == "application/problem+json"
        challenge = reply.headers.get("www-authenticate", "")
        assert ("error=" in challenge) == bool(error), name
        assert f'error="{error}"' in challenge or not error, name
        if status == 401:
            assert challenge.startswith('DPoP algs="ES256 EdDSA Ed25519"'), name
            assert "/.well-known/oauth-protected-resource" in challenge
        assert ("serverTime" in reply.error) == (name in {"old", "expired"}), name
        assert "date" in reply.headers
        if name not in spends_its_proof:
            assert contents(tier) == before, name
    assert api.call().status == 200


def test_a_caller_without_a_role_keeps_its_own_session_and_nothing_else(api: RunningApi) -> None:
    """Who has just lost every role may still ask who it is, and sign out."""
    token = api.token(roles=[])

    def with_proof(method: str, path: str) -> dict[str, str]:
        proof = api.proof(method, path, token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof, "X-Device-Id": DEVICE}

    dashboard = api.send("GET", DASHBOARD, with_proof("GET", DASHBOARD))
    session = api.send("GET", PATH, with_proof("GET", PATH))

    assert (dashboard.status, dashboard.code) == (403, "ROLE_NOT_ALLOWED")
    assert 'error="insufficient_scope"' in dashboard.headers["www-authenticate"]
    assert session.status == 200


def test_no_refusal_tells_what_was_wrong_or_repeats_what_was_sent(api: RunningApi) -> None:
    headers = api.headers()
    reply = api.send("GET", PATH, {**headers, "DPoP": headers["DPoP"][:-4] + "AAAA"})

    assert headers["DPoP"][:40] not in reply.body.decode()
    assert "signature" not in reply.body.decode().lower()
    assert reply.error["detail"] is None


def test_two_proofs_or_two_tokens_on_two_lines_are_refused(api: RunningApi) -> None:
    headers = api.headers()
    for doubled, code in (("DPoP", "INVALID_DPOP_PROOF"), ("Authorization", "INVALID_REQUEST")):
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"{doubled.lower()}: {headers[doubled]}")
        head = "\r\n".join([f"GET {PATH} HTTP/1.1", "Host: x", "Connection: close", *lines])
        answer = api.raw(f"{head}\r\n\r\n".encode())
        assert b" 401 " in answer
        assert code.encode() in answer


@pytest.mark.parametrize("query", ["access_token=x", "a=b&access_token=x", "access%5ftoken=x"])
def test_a_token_in_the_query_is_refused(api: RunningApi, query: str) -> None:
    reply = api.send("GET", f"{PATH}?{query}", api.headers())

    assert (reply.status, reply.code) == (401, "INVALID_REQUEST")


def test_a_proof_passes_once_and_of_copies_sent_at_once_one(api: RunningApi) -> None:
    headers = api.headers()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET {PATH} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()
    last = f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode()

    answer = api.raw(request * 15 + last)

    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.count(b"HTTP/1.1 401 ") == 15


def test_pipelined_requests_are_answered_in_order(api: RunningApi) -> None:
    live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    unknown = b"GET /nope HTTP/1.1\r\nHost: x\r\n\r\n"
    close = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    answer = api.raw(live + unknown + close)

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"404", b"200"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "RESOURCE_NOT_FOUND"),
        ("GET", PATH + "/", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/" + PATH, 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/%", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/bff/backoffice/v1/health/live", 404, "RESOURCE_NOT_FOUND"),
        ("DELETE", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", "/health/live", 405, "METHOD_NOT_ALLOWED"),
        ("POST", REFRESH, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_what_has_no_route_is_told_so_without_credentials(
    api: RunningApi, method: str, path: str, status: int, code: str
) -> None:
    reply = api.send(method, path)

    assert (reply.status, reply.code) == (status, code)
    assert "www-authenticate" not in reply.headers
    assert ("allow" in reply.headers) == (status == 405)


def test_head_is_not_get(api: RunningApi) -> None:
    answer = api.raw(f"HEAD {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert b" 405 " in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("prefix", ["http://127.0.0.1:{port}", "http://evil.example", "https://x"])
def test_a_target_that_is_a_whole_url_is_no_route(api: RunningApi, prefix: str) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in api.headers().items())
    target = prefix.format(port=api.port) + PATH
    answer = api.raw(
        f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode()
    )

    assert b" 404 " in answer


@pytest.mark.parametrize(
    "request_line",
    [
        b"OPTIONS * HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"GET /\xc3\xa9 HTTP/1.1",
        b"GET /\x00 HTTP/1.1", b"GET  / HTTP/1.1", b"GET / HTTP/9.9", b"GET /", b"\x16\x03\x01",
        b"GET /%00 HTTP/1.1", b"GET /a\\b HTTP/1.1", b"GET http://[ HTTP/1.1",
    ],
)  # fmt: skip
def test_a_strange_request_line_never_costs_an_error_of_ours(
    api: RunningApi, request_line: bytes
) -> None:
    answer = api.raw(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n", seconds=1)

    assert b"HTTP/1.1 5" not in answer
    assert api.send("GET", "/health/live").status == 200


def test_a_spoofed_host_or_forwarded_field_changes_nothing(api: RunningApi) -> None:
    evil = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    assert api.send("GET", PATH, {**api.headers(), **evil}).status == 200
    token = api.token()
    for_evil = api.proof("GET", PATH, token, htu="https://evil.example" + PATH)
    headers = {"Authorization": f"DPoP {token}", "DPoP": for_evil, "X-Device-Id": DEVICE}

    assert api.send("GET", PATH, {**headers, **evil}).code == "INVALID_DPOP_PROOF"


def test_a_method_override_is_not_believed(api: RunningApi) -> None:
    headers = {**api.headers("POST"), "X-HTTP-Method-Override": "POST"}

    assert api.send("GET", PATH, headers).code == "INVALID_DPOP_PROOF"


def test_too_many_header_fields_or_bytes_are_431(api: RunningApi) -> None:
    many = {f"X-{number}": "x" for number in range(80)}
    assert api.send("GET", "/health/live", many).code == "HEADERS_TOO_LARGE"
    assert api.send("GET", "/health/live", {"X-Big": "x" * 40_000}).status == 431


@pytest.mark.parametrize(
    "octets",
    [
        b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    ],
)
def test_what_is_no_request_is_refused_in_the_one_shape(api: RunningApi, octets: bytes) -> None:
    head, _, body = api.raw(octets).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    assert b'"code":"MELMASTOON.GENERAL.MALFORMED_REQUEST"' in body


def test_a_head_without_end_is_cut_off_and_costs_no_memory(api: RunningApi) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Endless: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < 50_000_000:
                connection.sendall(b"x" * 65536)
                sent += 65536
    assert sent < 20_000_000
    assert api.send("GET", "/health/live").status == 200


def test_a_body_where_none_is_read_is_nothing(api: RunningApi) -> None:
    reply = api.send("GET", PATH, api.headers(), body=b"x" * 1000)

    assert reply.status == 200


@pytest.mark.parametrize("length", ["8193", "99999999999999", "123456789012345678901"])
def test_a_declared_body_over_the_limit_is_refused_before_it_is_read(
    api: RunningApi, length: str
) -> None:
    head = (
        f"POST {REFRESH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    answer = api.raw(head.encode(), seconds=1)

    assert re.match(rb"HTTP/1\.1 4(13|00) ", answer)


def test_a_chunked_body_over_the_limit_is_refused_while_it_is_read(api: RunningApi) -> None:
    head = (
        f"POST {REFRESH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    answer = api.raw(head.encode() + chunk * 8, seconds=1)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_length_and_chunks_together_are_refused(api: RunningApi) -> None:
    """Two ways to say where a request ends are how one is hidden inside another."""
    head = (
        f"POST {REFRESH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /health/live HTTP/1.1\r\n\r\n"
    )
    answer = api.raw(head.encode(), seconds=1)

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/jsonx", "application/x-www-form-urlencoded"]
)
def test_a_body_that_is_not_declared_as_json_is_415(api: RunningApi, content_type: str) -> None:
    reply = api.send("POST", REFRESH, {"Content-Type": content_type}, b'{"refreshToken": "x"}')

    assert reply.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"refreshToken": 1}', b'{"refreshToken": ""}', b"{}",
        b'{"refreshToken": "x", "extra": 1}', b'{"refreshToken": "x", "refreshToken": "y"}',
        b'{"refreshToken": "' + b"x" * 4097 + b'"}', b'{"refreshToken": NaN}', b"\xff\xfe",
        b'{"refreshToken": "\\ud800"}', b"[" * 4000 + b"]" * 4000,
        b'{"a": "\\u0041", "b": ' + b"[" * 990 + b"]" * 990 + b"}",
    ],
)  # fmt: skip
def test_a_body_that_is_not_the_one_read_is_400(api: RunningApi, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "DPoP": api.proof("POST", REFRESH, None)}
    reply = api.send("POST", REFRESH, headers, body)

    assert (reply.status, reply.code) == (400, "MALFORMED_BODY")


def refresh_with(api: RunningApi, proof: str | None, **more: str) -> Reply:
    headers = {"Content-Type": "application/json", **more}
    if proof is not None:
        headers["DPoP"] = proof
    return api.send("POST", REFRESH, headers, b'{"refreshToken": "x"}')


def test_refreshing_asks_for_a_proof_and_for_nothing_else(api: RunningApi) -> None:
    assert refresh_with(api, None).code == "INVALID_DPOP_PROOF"
    proof = api.proof("POST", REFRESH, None)

    assert refresh_with(api, proof).code == "REFRESH_REFUSED"  # By iam, as it knows no such token.
    assert refresh_with(api, proof).code == "INVALID_DPOP_PROOF"


@pytest.mark.parametrize("htu", ["http\u017f://127.0.0.1/", "https://\u2488/", "https://[::1", 7])
def test_no_target_a_stranger_signs_costs_an_error_of_ours(api: RunningApi, htu: object) -> None:
    """Whoever calls refresh needs no token: the proof is wholly the attacker's."""
    reply = refresh_with(api, api.proof("POST", REFRESH, None, htu=htu))

    assert (reply.status, reply.code) == (401, "INVALID_DPOP_PROOF")


def test_a_malformed_idempotency_key_is_told_before_anything_is_claimed(
    api: RunningApi, tier: "redis_client.Redis"
) -> None:
    proof = api.proof("POST", REFRESH, None)
    before = contents(tier)
    reply = refresh_with(api, proof, **{"X-Idempotency-Key": "not-a-ulid"})

    assert reply.code == "IDEMPOTENCY_KEY_MALFORMED"
    assert contents(tier) == before


def test_signing_out_ends_the_session_for_good(api: RunningApi) -> None:
    sid = "ses_to_be_ended"
    token = api.token(sid=sid)
    assert api.send("GET", PATH, api.headers(token=token)).status == 200
    assert api.send("POST", SIGN_OUT, api.headers("POST", SIGN_OUT, token)).status == 204

    reply = api.send("GET", PATH, api.headers(token=token))
    assert (reply.status, reply.code) == (401, "SESSION_REVOKED")
    assert api.send("GET", PATH, api.headers(token=api.token(sid=sid))).code == "SESSION_REVOKED"


def test_the_desktops_origin_gets_leave_and_no_other_does(api: RunningApi) -> None:
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "dpop"}
    granted = api.send("OPTIONS", PATH, {**ask, "Origin": CLIENT_ORIGIN})
    assert granted.status == 204
    assert granted.headers["access-control-allow-origin"] == CLIENT_ORIGIN
    assert "DPoP" in granted.headers["access-control-allow-headers"]
    for origin in ("http://evil.example", "null", CLIENT_ORIGIN + ".evil.example", "*"):
        reply = api.send("OPTIONS", PATH, {**ask, "Origin": origin})
        assert "access-control-allow-origin" not in reply.headers
        assert api.call(Origin=origin).headers.get("access-control-allow-origin") is None

    refused = api.send("GET", PATH, {"Origin": CLIENT_ORIGIN})
    exposed = refused.headers["access-control-expose-headers"]
    assert "DPoP-Nonce" in exposed
    assert "WWW-Authenticate" in exposed
    assert refused.headers["vary"] == "Origin"


def test_every_answer_says_that_it_depends_on_the_origin(api: RunningApi) -> None:
    metadata = api.send("GET", "/.well-known/oauth-protected-resource")

    assert metadata.headers["vary"] == "Origin"


def test_the_metadata_lists_what_is_enforced(api: RunningApi) -> None:
    for path, resource in (
        ("/.well-known/oauth-protected-resource", api.origin),
        (
            "/.well-known/oauth-protected-resource/bff/backoffice/v1",
            api.origin + "/bff/backoffice/v1",
        ),
    ):
        document = api.send("GET", path).json()
        assert document["resource"] == resource
        assert document["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "Ed25519"]
        assert document["dpop_bound_access_tokens_required"] is True


@pytest.mark.parametrize(
    "offered", ["01HZX8QJ5T9W2V4Y6B8D0F2H4K", "req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"]
)
def test_a_request_id_is_kept_if_it_is_one(api: RunningApi, offered: str) -> None:
    reply = api.send("GET", "/health/live", {"X-Request-Id": offered})

    assert reply.headers["x-request-id"] == "req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"


@pytest.mark.parametrize(
    "offered", ["", "x", "req_", "req_req_01HZX8QJ5T9W2V4Y6B8D0F2H4K", "\u00e9"]
)
def test_a_request_id_that_is_none_is_replaced(api: RunningApi, offered: str) -> None:
    reply = api.send("GET", "/health/live", {"X-Request-Id": offered})

    assert re.fullmatch(r"req_[0-7][0-9A-HJKMNP-TV-Z]{25}", reply.headers["x-request-id"])


def test_upstreams_that_hang_hold_up_no_session(api: RunningApi) -> None:
    """tenant-service accepts the connection and never answers, for a new operator each time."""
    started = time.monotonic()
    for number in range(20):
        token = api.token(sub=f"opr_01HZX8QJ5T9W2V4Y6B8D0F2H{number:02}")
        assert api.send("GET", PATH, api.headers(token=token)).status == 200

    assert time.monotonic() - started < 10


def test_health_tells_of_the_dependencies(api: RunningApi) -> None:
    reply = api.send("GET", "/health/ready")

    assert reply.status == 200
    assert reply.json() == {
        "ready": True,
        "started": True,
        "draining": False,
        "keysLoaded": True,
        "dependencies": {"postgres": "up", "redis-session": "up", "redis-cache": "up"},
    }


def test_nothing_secret_is_ever_logged(api: RunningApi) -> None:
    headers = api.headers()
    api.send("GET", PATH, headers)
    refresh_with(api, api.proof("POST", REFRESH, None))
    log = api.logged()

    assert '"event":"request.answered"' in log
    for secret in (headers["Authorization"][5:], headers["DPoP"], "service-identity", "redis://"):
        assert secret not in log
    assert "Traceback" not in log
    assert "request.failed" not in log
