"""Router, query, idempotency key, CORS and credentials: each part of reading a request."""

from dataclasses import replace

import pytest
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import RequestId
from bff_backoffice.presentation.asgi import read_request
from bff_backoffice.presentation.http import (
    Answer,
    MalformedQuery,
    Request,
    json_answer,
    no_content,
)
from bff_backoffice.presentation.middleware.authentication import offered_credentials
from bff_backoffice.presentation.middleware.cors import CrossOriginRules
from bff_backoffice.presentation.middleware.idempotency_key import (
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    read_idempotency_key,
    require_idempotency_key,
)
from bff_backoffice.presentation.routing import (
    Credential,
    MethodNotAllowed,
    Route,
    RouteNotFound,
    Router,
)

KEY = "01HZX8QJ5T9W2V4Y6B8D0F2H4K"
DESKTOP = "http://127.0.0.1:8084"


def request_with(
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    query: str = "",
    repeated: frozenset[str] = frozenset(),
) -> Request:
    clock = ManualClock()
    return Request(
        method=method,
        path="/x",
        query_string=query,
        headers=headers or {},
        repeated_headers=repeated,
        client_address="",
        facts=RequestFacts(
            request_id=RequestId("req_x"),
            traceparent=None,
            received_at=clock.now(),
            app_version=None,
            app_platform=None,
        ),
        deadline=Deadline.after(1, clock),
    )


async def handler(_: Request) -> Answer:
    return no_content()


def route(method: str, path: str, *, at_root: bool = False) -> Route:
    return Route(method=method, path=path, handler=handler, at_root=at_root)


ROUTER = Router(
    [
        route("GET", "/devices"),
        route("GET", "/devices/{device_id}"),
        route("POST", "/devices/{device_id}/force-logout"),
        route("GET", "/devices/mine"),
        route("GET", "/health/live", at_root=True),
    ]
)


@pytest.mark.parametrize("base", ["/bff/backoffice/v1", "/api/bff/backoffice/v1"])
@pytest.mark.parametrize(
    ("method", "path", "template", "parameters"),
    [
        ("GET", "/devices", "/devices", {}),
        ("GET", "/devices/dev_1", "/devices/{device_id}", {"device_id": "dev_1"}),
        ("GET", "/devices/mine", "/devices/mine", {}),
        ("GET", "/devices/a%2Fb", "/devices/{device_id}", {"device_id": "a%2Fb"}),
        (
            "POST",
            "/devices/d/force-logout",
            "/devices/{device_id}/force-logout",
            {"device_id": "d"},
        ),
    ],
)
def test_a_row_is_found_under_both_bases(
    base: str, method: str, path: str, template: str, parameters: dict[str, str]
) -> None:
    found, values = ROUTER.find(method, base + path)

    assert (found.path, values) == (template, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/devices", "/bff", "/bff/backoffice/v1", "/bff/backoffice/v1/",
        "/api/health/live",
        "/bff/backoffice/v1/devices/", "/bff/backoffice/v1//devices",
        "/bff/backoffice/v1/devices//",
        "/bff/backoffice/v1/devices/d/other", "/bff/backoffice/v1/health/live", "/health/live/",
        "/api/api/bff/backoffice/v1/devices", "/BFF/backoffice/v1/devices",
        "/bff/backoffice/v2/devices",
        "/bff/backoffice/v1/devices/d/force-logout/x", "/bff/backoffice/v1/devices/{device_id}/x",
    ],
)  # fmt: skip
def test_what_no_row_has_is_not_found(path: str) -> None:
    with pytest.raises(RouteNotFound):
        ROUTER.find("GET", path)


def test_a_path_with_other_methods_names_them() -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        ROUTER.find("DELETE", "/bff/backoffice/v1/devices/d/force-logout")
    assert refusal.value.allowed == ("POST",)


def test_two_rows_of_one_place_are_a_mistake() -> None:
    for second in ("/devices/{device_id}", "/devices/{other_name}"):
        with pytest.raises(ValueError, match="two routes"):
            Router([route("GET", "/devices/{device_id}"), route("GET", second)])


def test_a_route_asks_for_a_whole_session_unless_it_says_otherwise() -> None:
    assert route("GET", "/x").credential is Credential.SESSION


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=", {"a": ""}),
        ("a=%DA%A9", {"a": "\u06a9"}),
        ("a=b+c%2Bd", {"a": "b c+d"}),
    ],
)
def test_a_query_is_read(query: str, fields: dict[str, str]) -> None:
    assert request_with(query=query).query() == fields


@pytest.mark.parametrize(
    "query", ["a", "a=1&a=2", "a=1&%61=2", "&", "a=%ff", "&".join(f"f{n}=1" for n in range(33))]
)
def test_a_query_that_is_none_is_refused(query: str) -> None:
    with pytest.raises(MalformedQuery):
        request_with(query=query).query()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-idempotency-key": KEY},
        {"idempotency-key": KEY},
        {"idempotency-key": f'"{KEY}"'},
        {"x-idempotency-key": KEY, "idempotency-key": f'"{KEY}"'},
    ],
)
def test_each_form_of_the_key_is_the_same_key(headers: dict[str, str]) -> None:
    request = request_with(headers)
    require_idempotency_key(request)

    assert request.idempotency_key == KEY


@pytest.mark.parametrize(
    "headers",
    [
        {"x-idempotency-key": ""}, {"x-idempotency-key": KEY.lower()},
        {"x-idempotency-key": KEY + "0"},
        {"x-idempotency-key": f'"{KEY}"'}, {"x-idempotency-key": "8" + KEY[1:]},
        {"idempotency-key": ""},
        {"idempotency-key": '"'}, {"idempotency-key": '""'}, {"idempotency-key": f'"{KEY}'},
        {"idempotency-key": f'"{KEY}";a=1'}, {"idempotency-key": f"{KEY}, {KEY}"},
        {"x-idempotency-key": KEY, "idempotency-key": "01HZX8QJ5T9W2V4Y6B8D0F2H4M"},
        {"x-idempotency-key": KEY, "idempotency-key": ""},
    ],
)  # fmt: skip
def test_a_key_of_another_form_or_two_keys_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        read_idempotency_key(request_with(headers))


@pytest.mark.parametrize("name", ["x-idempotency-key", "idempotency-key"])
def test_a_key_on_two_lines_is_refused(name: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        read_idempotency_key(request_with({name: KEY}, repeated=frozenset({name})))


def test_no_key_is_none_and_missing_where_one_is_due() -> None:
    assert read_idempotency_key(request_with()) is None
    with pytest.raises(IdempotencyKeyMissing):
        require_idempotency_key(request_with())


def test_a_preflight_grants_what_the_desktop_sends() -> None:
    rules = CrossOriginRules(frozenset({DESKTOP}))
    ask = {"origin": DESKTOP, "access-control-request-method": "POST"}
    granted = rules.preflight(request_with(ask, method="OPTIONS"))

    assert granted is not None
    allowed = dict(granted.headers)["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "dpop", "x-device-id", "x-idempotency-key", "x-property-id"} <= set(
        allowed
    )


@pytest.mark.parametrize("origin", [None, "null", "*", DESKTOP + "/", DESKTOP.upper(), "http://x"])
def test_no_other_origin_gets_leave(origin: str | None) -> None:
    rules = CrossOriginRules(frozenset({DESKTOP}))
    headers = {"access-control-request-method": "POST"} | ({"origin": origin} if origin else {})
    answer = rules.preflight(request_with(headers, method="OPTIONS"))

    assert answer is not None
    assert answer.headers == ()
    assert rules.headers_for(request_with(headers)) == [("vary", "Origin")]


def test_what_is_no_preflight_is_none() -> None:
    rules = CrossOriginRules(frozenset({DESKTOP}))

    assert rules.preflight(request_with({"origin": DESKTOP}, method="OPTIONS")) is None
    asked = {"origin": DESKTOP, "access-control-request-method": "GET"}
    assert rules.preflight(request_with(asked)) is None


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("", "en"), ("fa-AF,en;q=0.5", "fa-AF"), ("ps", "ps"), ("*", "en"), ("x" * 50, "en"),
        ("en-US;q=0.9", "en-US"), ("../../etc", "en"), ("f\u00e4", "en"),
        ("zh-Hant-TW", "zh-Hant-TW"),
    ],
)  # fmt: skip
def test_the_first_language_is_the_locale(language: str, locale: str) -> None:
    assert offered_credentials(request_with({"accept-language": language})).locale == locale


@pytest.mark.parametrize(
    ("profile", "kept"), [("flaky", "flaky"), ("FLAKY", None), ("", None), ("x" * 1000, None)]
)
def test_only_a_known_network_profile_is_kept(profile: str, kept: str | None) -> None:
    offered = offered_credentials(request_with({"x-network-profile": profile}))

    assert offered.network_profile == kept


@pytest.mark.parametrize(
    ("query", "is_token"),
    [
        ("", False), ("a=b", False), ("access_token=x", True), ("a=b&access_token=", True),
        ("access_token", True), ("access%5Ftoken=x", True), ("%61ccess_token=x", True),
        ("my_access_token=x", False), ("q=access_token", False), ("ACCESS_TOKEN=x", False),
    ],
)  # fmt: skip
def test_a_token_in_the_query_is_seen_in_every_spelling(query: str, *, is_token: bool) -> None:
    assert offered_credentials(request_with(query=query)).is_token_in_query is is_token


@pytest.mark.parametrize("name", ["cookie", "x-api-key"])
def test_another_credential_is_seen(name: str) -> None:
    assert offered_credentials(request_with({name: "x"})).has_other_credential
    assert not offered_credentials(request_with({"x-other": "x"})).has_other_credential


@pytest.mark.parametrize("part", ["caller", "property_id", "idempotency_key"])
def test_what_a_route_did_not_ask_for_is_not_there(part: str) -> None:
    with pytest.raises(TypeError):
        getattr(request_with(), part)


@pytest.mark.parametrize(
    ("accept", "is_accepted"),
    [
        ("application/x-ndjson", True), ("APPLICATION/X-NDJSON; q=1", True), ("", False),
        ("text/html, application/x-ndjson", True), ("*/*", False), ("application/x-ndjsonx", False),
    ],
)  # fmt: skip
def test_a_media_type_is_accepted_where_it_is_named(accept: str, *, is_accepted: bool) -> None:
    assert request_with({"accept": accept}).accepts("application/x-ndjson") is is_accepted


def test_a_refusal_says_its_code_when_nothing_else_is_said() -> None:
    class OwnError(ServiceError):
        code = "own.code"

    assert str(OwnError()) == "own.code"
    assert str(OwnError("Said.")) == "Said."
    assert replace(json_answer({"a": 1}), status=201).body == b'{"a":1}'


@pytest.mark.parametrize("name", [b"x-device-id", b"X-Property-Id"])
def test_a_field_that_came_twice_is_neither_of_its_values(name: bytes) -> None:
    scope = {
        "method": "GET",
        "raw_path": b"/x",
        "query_string": b"",
        "headers": [(name, b"first"), (b"accept", b"*/*"), (name, b" second ")],
    }

    request = read_request(scope, ManualClock())

    assert request.headers[name.decode().lower()] == "first, second"
    assert request.repeated_headers == {name.decode().lower()}
