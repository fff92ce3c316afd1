"""Where and how the access token is offered: the scheme matrix (RFC 9449 §7, RFC 6750 §2)."""

from dataclasses import replace

import pytest
from tests.access_desk import Desk
from tests.tokens import elliptic_key, jws

from bff_backoffice.security.access_token import TOKEN_CHARACTERS_MAX

SHAPE = "token.invalid:shape"


async def test_a_request_with_a_proof_and_no_authorization_is_refused(desk: Desk) -> None:
    assert await desk.refused(desk.offer(authorization=None)) == "credential.missing:missing"


@pytest.mark.parametrize(
    "authorization", ["", "Basic dXNlcjpwYXNz", "Random abc", "DPoPx abc", "D abc", "Token abc"]
)
async def test_an_unknown_scheme_is_as_good_as_none(desk: Desk, authorization: str) -> None:
    refusal = await desk.refused(desk.offer(authorization=authorization))

    assert refusal == "credential.missing:missing"


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dpOP"])
async def test_the_scheme_compares_without_case(desk: Desk, scheme: str) -> None:
    await desk.admitted(desk.offer(authorization=f"{scheme} {desk.token}"))


@pytest.mark.parametrize("authorization", ["DPoP", "DPoP ", "dpop", "Bearer", "Bearer "])
async def test_a_scheme_without_a_token_is_malformed(desk: Desk, authorization: str) -> None:
    refusal = await desk.refused(desk.offer(authorization=authorization))

    assert refusal == "credential.malformed:authorization_shape"


@pytest.mark.parametrize(
    "pattern",
    ["DPoP  {0}", "DPoP {0} x", "DPoP {0} ", "DPoP {0},DPoP {0}", "DPoP {0};", "DPoP\t{0}"],
)
async def test_more_than_scheme_and_token_is_refused(desk: Desk, pattern: str) -> None:
    refusal = await desk.refused(desk.offer(authorization=pattern.format(desk.token)))

    assert refusal in (SHAPE, "credential.missing:missing")


@pytest.mark.parametrize("character", [",", '"', "\x00", "\u00e9", "\ud83d", "%", "*", "{"])
async def test_a_token_with_a_foreign_character_is_refused(desk: Desk, character: str) -> None:
    refusal = await desk.refused(desk.offer(authorization=f"DPoP {desk.token}{character}"))

    assert refusal == SHAPE


async def test_two_authorization_fields_are_malformed(desk: Desk) -> None:
    refusal = await desk.refused(desk.offer(is_authorization_repeated=True))

    assert refusal == "credential.malformed:authorization_repeated"


@pytest.mark.parametrize("authorization", [None, "DPoP {0}"])
async def test_a_token_in_the_query_is_malformed_wherever_else_it_is(
    desk: Desk, authorization: str | None
) -> None:
    offered = desk.offer(is_token_in_query=True)
    if authorization is None:
        offered = replace(offered, authorization=None)

    assert await desk.refused(offered) == "credential.malformed:token_in_query"


async def test_a_cookie_or_api_key_beside_the_token_is_malformed(desk: Desk) -> None:
    refusal = await desk.refused(desk.offer(has_other_credential=True))

    assert refusal == "credential.malformed:other_credential"


async def test_a_token_over_its_limit_is_refused_before_it_is_read(desk: Desk) -> None:
    authorization = "DPoP " + "a" * (TOKEN_CHARACTERS_MAX + 1)

    assert await desk.refused(desk.offer(authorization=authorization)) == "token.invalid:too_long"


async def test_a_token_of_exactly_the_longest_length_is_read(desk: Desk) -> None:
    now, jkt = desk.clock.epoch_seconds(), desk.device_key.thumbprint
    plain = len(desk.issuer.token(now, jkt, pad=""))
    octets = (TOKEN_CHARACTERS_MAX - plain) * 3 // 4
    tokens = (
        jws(
            desk.issuer.header(pad="x" * header_octets),
            desk.issuer.claims(now, jkt, pad="x" * payload_octets),
            desk.issuer.key.sign,
        )
        for header_octets in range(4)
        for payload_octets in range(octets - 40, octets)
    )
    longest = next(token for token in tokens if len(token) == TOKEN_CHARACTERS_MAX)

    await desk.admitted(desk.offer_token(longest))


@pytest.mark.parametrize("scheme", ["Bearer", "BeArEr", "bearer"])
async def test_a_bound_token_without_a_proof_is_never_a_bearer_token(
    desk: Desk, scheme: str
) -> None:
    refusal = await desk.refused(desk.offer(None, authorization=f"{scheme} {desk.token}"))

    assert refusal == "token.invalid:scheme"


async def test_bearer_with_a_proof_that_holds_is_refused_by_default(desk: Desk) -> None:
    refusal = await desk.refused(desk.offer(authorization=f"Bearer {desk.token}"))

    assert refusal == "token.invalid:scheme"


@pytest.mark.parametrize("scheme", ["DPoP", "Bearer"])
@pytest.mark.parametrize("has_proof", [True, False])
async def test_an_unbound_token_is_refused_in_every_scheme(
    desk: Desk, scheme: str, *, has_proof: bool
) -> None:
    now = desk.clock.epoch_seconds()
    claims = desk.issuer.claims(now, "")
    del claims["cnf"]
    token = jws(desk.issuer.header(), claims, desk.issuer.key.sign)
    proof = desk.proof(token=token) if has_proof else None

    refusal = await desk.refused(desk.offer(proof, authorization=f"{scheme} {token}"))

    assert refusal in ("token.invalid:unbound", "token.invalid:scheme", "proof.invalid:missing")


class TestWithTheSwitchForOldDesktops:
    """The setting changes the test of the scheme and nothing else."""

    @pytest.fixture
    async def desk(self) -> Desk:
        return Desk(accepts_bearer_with_proof=True)

    async def test_bearer_with_a_proof_that_holds_is_let_in(self, desk: Desk) -> None:
        await desk.admitted(desk.offer(authorization=f"Bearer {desk.token}"))

    async def test_bearer_without_a_proof_is_refused(self, desk: Desk) -> None:
        refusal = await desk.refused(desk.offer(None, authorization=f"Bearer {desk.token}"))

        assert refusal == "token.invalid:scheme"

    @pytest.mark.parametrize("proof", ["", "x", "a.b.c"])
    async def test_bearer_with_a_broken_proof_does_not_fall_back(
        self, desk: Desk, proof: str
    ) -> None:
        offered = replace(desk.offer(authorization=f"Bearer {desk.token}"), proof=proof)

        assert await desk.refused(offered) == "proof.invalid:shape"

    async def test_bearer_with_another_keys_proof_is_refused(self, desk: Desk) -> None:
        proof = desk.proof(key=elliptic_key())

        refusal = await desk.refused(desk.offer(proof, authorization=f"Bearer {desk.token}"))

        assert refusal == "token.invalid:key_mismatch"
