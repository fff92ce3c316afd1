"""`htm` is the method on the wire, exactly (RFC 9449 §4.3)."""

import pytest
from tests.access_desk import Desk
from tests.tokens import ABSENT

HTM = "proof.invalid:htm"


@pytest.mark.parametrize(
    "htm",
    [
        ABSENT, None, "", " ", "get", "Get", "GET ", " GET", "POST", "HEAD", "OPTIONS", "PATCH",
        "QUERY", "GETT", "GE", "G\u0415T", 1, True, ["GET"], {"GET": 1},
    ],
)  # fmt: skip
async def test_a_proof_for_another_method_is_refused(desk: Desk, htm: object) -> None:
    assert await desk.refused_proof(desk.proof(claims={"htm": htm})) == HTM


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PATCH", "QUERY", "get"])
async def test_a_get_proof_holds_for_no_other_method(desk: Desk, method: str) -> None:
    assert await desk.refused(desk.offer(http_method=method)) == HTM


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY", "M-SEARCH"])
async def test_a_proof_for_the_method_called_is_taken(desk: Desk, method: str) -> None:
    proof = desk.proof(claims={"htm": method})

    await desk.admitted(desk.offer(proof, http_method=method))
