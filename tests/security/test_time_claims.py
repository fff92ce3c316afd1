"""`iat`, `exp` and `nbf` of a proof (RFC 9449 §4.3 point 11)."""

import pytest
from tests.access_desk import AGE_SECONDS_MAX, AHEAD_SECONDS_MAX, Desk
from tests.tokens import ABSENT

TIME = "proof.invalid:time"
CLAIM = "proof.invalid:claim"
NOT_NUMBERS = [None, "", "1773480413", True, False, [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("iat", [ABSENT, *NOT_NUMBERS, -1, -0.5])
async def test_an_iat_that_is_no_time_is_refused(desk: Desk, iat: object) -> None:
    assert await desk.refused_proof(desk.proof(claims={"iat": iat})) == TIME


async def test_a_nonce_is_no_excuse_for_a_missing_iat(desk: Desk) -> None:
    nonce = desk.nonces.issue(desk.device_key.thumbprint, desk.clock.epoch_seconds())

    assert await desk.refused_proof(desk.proof(claims={"iat": ABSENT, "nonce": nonce})) == TIME


@pytest.mark.parametrize(
    "offset", [-AGE_SECONDS_MAX, -AGE_SECONDS_MAX + 0.5, -10, 0, 0.25, 8, AHEAD_SECONDS_MAX]
)
async def test_a_proof_inside_the_window_is_taken(desk: Desk, offset: float) -> None:
    iat = desk.clock.epoch_seconds() + offset

    await desk.admitted(desk.offer(desk.proof(claims={"iat": iat})))


@pytest.mark.parametrize(
    "offset",
    [
        -AGE_SECONDS_MAX - 1, -AGE_SECONDS_MAX - 0.001, AHEAD_SECONDS_MAX + 0.001,
        AHEAD_SECONDS_MAX + 1, -1e9, 1e9, 1e300,
    ],
)  # fmt: skip
async def test_a_proof_outside_the_window_is_refused(desk: Desk, offset: float) -> None:
    iat = desk.clock.epoch_seconds() + offset

    assert await desk.refused_proof(desk.proof(claims={"iat": iat})) == TIME


@pytest.mark.parametrize("scale", [1000, 1_000_000, 0.001])
async def test_an_iat_in_another_unit_is_refused(desk: Desk, scale: float) -> None:
    iat = int(desk.clock.epoch_seconds() * scale)

    assert await desk.refused_proof(desk.proof(claims={"iat": iat})) == TIME


@pytest.mark.parametrize("name", ["exp", "nbf"])
@pytest.mark.parametrize("value", [*NOT_NUMBERS, -1])
async def test_an_exp_or_nbf_that_is_no_time_is_refused(
    desk: Desk, name: str, value: object
) -> None:
    assert await desk.refused_proof(desk.proof(claims={name: value})) == CLAIM


@pytest.mark.parametrize(
    ("name", "offset"),
    [("exp", 0), ("exp", -1), ("exp", 24 * 3600 + 1), ("exp", 1e18), ("nbf", 11), ("nbf", 1e18)],
)
async def test_an_exp_in_the_past_or_absurdly_far_and_an_nbf_ahead_are_refused(
    desk: Desk, name: str, offset: float
) -> None:
    moment = desk.clock.epoch_seconds() + offset

    assert await desk.refused_proof(desk.proof(claims={name: moment})) == TIME


async def test_an_nbf_now_with_an_exp_in_five_minutes_is_taken(desk: Desk) -> None:
    now = int(desk.clock.epoch_seconds())

    await desk.admitted(desk.offer(desk.proof(claims={"nbf": now, "exp": now + 300})))


async def test_a_clock_that_steps_back_reopens_no_used_proof(desk: Desk) -> None:
    proof = desk.proof()
    await desk.admitted(desk.offer(proof))
    desk.clock.advance(-30)
    desk.token = desk.issuer.token(desk.clock.epoch_seconds(), desk.device_key.thumbprint)

    refusal = await desk.refused_proof(proof)

    assert refusal in ("proof.invalid:replayed", "proof.invalid:time", "proof.invalid:ath")
