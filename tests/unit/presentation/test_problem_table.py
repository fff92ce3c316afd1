"""The one table of refusals: complete, unambiguous and told in one shape."""

import importlib
import json
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from tests.fakes.manual_clock import ManualClock

import bff_backoffice
from bff_backoffice.domain.principal import RequestFacts
from bff_backoffice.foundation.deadline import Deadline
from bff_backoffice.foundation.errors import ServiceError
from bff_backoffice.foundation.identifiers import RequestId
from bff_backoffice.presentation.http import Request
from bff_backoffice.presentation.problems import (
    PROBLEMS,
    Challenge,
    ProblemPlace,
    answer_problem,
    write_problem,
)
from bff_backoffice.presentation.routing import MethodNotAllowed
from bff_backoffice.security.errors import NonceDemanded, ProofRefused, TokenRefused

ROWS_AHEAD_OF_THEIR_RULE = {"authorization.scope_unresolved"}
"""Registered before the actions that are gated by it."""
CHALLENGE = Challenge(algorithms=("ES256", "EdDSA"), resource_metadata_url="https://h/meta")


def every_refusal() -> Iterator[type[ServiceError]]:
    """Import the whole package and walk down from the root of its refusals."""
    for module in pkgutil.walk_packages(bff_backoffice.__path__, "bff_backoffice."):
        importlib.import_module(module.name)
    waiting = [ServiceError]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from found


def codes_raised() -> set[str]:
    """Return the code of each refusal of the package itself; tests have some of their own."""
    return {
        refusal.code
        for refusal in every_refusal()
        if hasattr(refusal, "code") and refusal.__module__.startswith("bff_backoffice.")
    }


def test_every_refusal_has_a_row_and_every_row_a_refusal() -> None:
    raised = codes_raised() - {"credential.refused"}  # The base of credentials is never raised.

    assert raised - set(PROBLEMS) == set()
    assert set(PROBLEMS) - raised - ROWS_AHEAD_OF_THEIR_RULE == set()


def test_a_wire_code_has_one_status_and_one_answer_to_whether_to_retry() -> None:
    answers: dict[str, set[object]] = defaultdict(set)
    for problem in PROBLEMS.values():
        answers[problem.wire_code].add((problem.status, problem.is_retriable, problem.challenge))

    assert {code: len(found) for code, found in answers.items() if len(found) > 1} == {}


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_each_row_is_sane(code: str) -> None:
    problem = PROBLEMS[code]

    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)
    assert re.fullmatch(r"MELMASTOON\.(GENERAL|BFF\.BACKOFFICE)\.[A-Z_]+", problem.wire_code)
    assert 400 <= problem.status <= 503
    assert problem.title
    assert (problem.status == 401) <= (problem.challenge is not None)
    assert (problem.challenge is not None) <= (problem.status in (401, 403))
    assert (problem.status in (429, 503)) <= problem.is_retriable
    assert (problem.status == 503) <= (problem.retry_after_seconds is not None)
    assert (problem.retry_after_seconds is not None) <= problem.is_retriable


def request() -> Request:
    clock = ManualClock()
    return Request(
        method="GET",
        path="/bff/backoffice/v1/session",
        query_string="",
        headers={},
        repeated_headers=frozenset(),
        client_address="203.0.113.7",
        facts=RequestFacts(
            request_id=RequestId("req_01HZX8QJ5T9W2V4Y6B8D0F2H4K"),
            traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
            received_at=clock.now(),
            app_version=None,
            app_platform=None,
        ),
        deadline=Deadline.after(1, clock),
    )


def error_of(refusal: ServiceError) -> dict[str, object]:
    answer = answer_problem(refusal, request(), CHALLENGE)
    assert answer.media_type == "application/problem+json"
    error: dict[str, object] = json.JSONDecoder().decode(answer.body.decode())["error"]
    return error


def headers_of(refusal: ServiceError) -> dict[str, str]:
    return dict(answer_problem(refusal, request(), CHALLENGE).headers)


def test_a_refusal_is_told_in_the_platforms_shape() -> None:
    assert error_of(TokenRefused("signature")) == {
        "type": "https://errors.melmastoon.ghasi.io/bff-backoffice/invalid-token",
        "code": "MELMASTOON.BFF.BACKOFFICE.INVALID_TOKEN",
        "title": "Access token refused",
        "status": 401,
        "detail": None,
        "instance": "/bff/backoffice/v1/session",
        "errors": [],
        "traceId": "a" * 32,
        "requestId": "req_01HZX8QJ5T9W2V4Y6B8D0F2H4K",
        "tenantId": None,
        "retriable": False,
        "retryAfter": None,
        "userMessageKey": "errors.bff.backoffice.invalid_token",
        "docUrl": "https://docs.melmastoon.ghasi.io/errors/bff-backoffice/invalid-token",
        "runbook": "https://runbooks.melmastoon.ghasi.io/bff-backoffice/invalid-token",
    }


def test_reasons_stay_inside_but_for_what_a_wrong_clock_needs() -> None:
    plain = error_of(ProofRefused("signature"))
    timely = error_of(ProofRefused("time"))

    assert timely.pop("serverTime") == "2026-03-14T09:26:53.000Z"
    assert plain == timely == error_of(ProofRefused("replayed"))
    assert headers_of(ProofRefused("jti")) == headers_of(ProofRefused("replayed"))


def test_a_nonce_is_told_in_its_field_and_one_challenge() -> None:
    headers = headers_of(NonceDemanded("nonce-1"))

    assert headers["dpop-nonce"] == "nonce-1"
    assert headers["www-authenticate"] == (
        'DPoP algs="ES256 EdDSA", error="use_dpop_nonce", resource_metadata="https://h/meta"'
    )


def test_nothing_offered_is_challenged_without_an_error() -> None:
    assert CHALLENGE.with_error("") == 'DPoP algs="ES256 EdDSA", resource_metadata="https://h/meta"'


def test_the_refusals_own_number_of_seconds_wins() -> None:
    class OwnError(ServiceError):
        code = "upstream.unavailable"

    assert headers_of(OwnError(retry_after_seconds=42))["retry-after"] == "42"
    assert headers_of(OwnError())["retry-after"] == "5"
    assert error_of(OwnError(retry_after_seconds=42))["retryAfter"] == 42


def test_fields_and_detail_are_told_as_given() -> None:
    class OwnError(ServiceError):
        code = "request.malformed_body"

    error = error_of(OwnError("Not understood.", fields=(("roomId", "invalid"),)))
    assert error["detail"] == "Not understood."
    assert error["errors"] == [{"field": "roomId", "code": "invalid"}]


def test_a_method_that_is_not_allowed_names_those_that_are() -> None:
    assert headers_of(MethodNotAllowed(["PUT", "GET"]))["allow"] == "GET, PUT"


def test_a_refusal_of_a_request_long_over_has_no_challenge() -> None:
    place = ProblemPlace(instance="/x", request_id="req_x", trace_id=None, tenant_id="tnt_x")
    answer = write_problem(TokenRefused("time"), place)

    assert answer.headers == ()
    assert b'"tenantId":"tnt_x"' in answer.body
    assert b"serverTime" not in answer.body
