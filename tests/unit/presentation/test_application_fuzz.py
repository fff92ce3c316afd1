"""Whatever a stranger sends, the answer is a refusal of theirs and never an error of ours."""

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.asgi_call import AsgiCall
from tests.web_house import BASE, House

from bff_backoffice.presentation.middleware.cors import ALLOWED_HEADERS

NAMES = [name.lower() for name in ALLOWED_HEADERS] + [
    "origin", "cookie", "content-length", "access-control-request-method", "host", "x-other",
]  # fmt: skip
VALUES = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(
    ["DPoP x", "Bearer x", "DPoP a.b.c", "application/json", "0", "e30.e30.e30", "*", '"', "a=b"]
)
PATHS = st.sampled_from(["/session", "/echo", "/property", "/owner", "/open", "/stream"])


async def answered(house: House, call: AsgiCall) -> int:
    await house.call(call)
    assert len(call.sent) >= 2
    if call.status >= 400:
        error = json.JSONDecoder().decode(call.body.decode())["error"]
        assert error["status"] == call.status
        assert call.answered["content-type"] == "application/problem+json"
    return call.status


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD"]),
    path=PATHS.map(lambda path: BASE + path)
    | st.text(st.characters(max_codepoint=255), max_size=30),
    query=st.binary(max_size=30),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8),
    chunks=st.lists(st.binary(max_size=60), min_size=1, max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_no_request_costs_an_error_of_ours(
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[str, str]],
    chunks: list[bytes],
) -> None:
    call = AsgiCall(method, path, query, headers, list(chunks))

    assert asyncio.run(answered(House(), call)) < 500


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["Authorization", "DPoP", "X-Device-Id", *NAMES]), VALUES),
        min_size=1,
        max_size=3,
    ),
    body=st.binary(max_size=90),
)
@settings(max_examples=200, deadline=None)
def test_no_change_of_a_good_request_costs_an_error_of_ours(
    changes: list[tuple[str, str]], body: bytes
) -> None:
    async def run() -> int:
        house = House()
        good = dict(house.credentials("POST", BASE + "/property"))
        headers = [*{**good, **dict(changes)}.items()]
        return await answered(
            house, AsgiCall("POST", BASE + "/property", headers=headers, chunks=[body])
        )

    assert asyncio.run(run()) < 500
