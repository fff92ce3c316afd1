"""`jti` makes a proof single-use per device key (RFC 9449 §11.1)."""

import pytest
from tests.access_desk import Desk
from tests.tokens import ABSENT, elliptic_key

from bff_backoffice.security.dpop_proof import IDENTIFIER_BYTES_MAX

JTI = "proof.invalid:jti"


@pytest.mark.parametrize(
    "jti",
    [
        ABSENT, None, "", " ", "\t\r\n", "\u00a0\u2003", 0, 1, 1.5, True, [], ["a"], {"a": "b"},
        "a" * (IDENTIFIER_BYTES_MAX + 1), "\u06a9" * (IDENTIFIER_BYTES_MAX // 2 + 1),
        "\U0001f511" * (IDENTIFIER_BYTES_MAX // 4 + 1),
    ],
)  # fmt: skip
async def test_an_identifier_that_is_none_is_refused(desk: Desk, jti: object) -> None:
    assert await desk.refused_proof(desk.proof(claims={"jti": jti})) == JTI


@pytest.mark.parametrize(
    "jti",
    [
        "x", "6f0d3d6c-9f0b-4c2e-8b9b-0c4f6f1f2a3b", "-_A9-", "\u06a9\u0644\u06cc\u062f",
        "\U0001f511", " a ", "a" * IDENTIFIER_BYTES_MAX, "\u06a9" * (IDENTIFIER_BYTES_MAX // 2),
        "a\x00b", "a:b", "a\r\nDEL x", "{a}", "*", "'; drop table", "\u202eabc",
    ],
)  # fmt: skip
async def test_any_legal_identifier_is_taken_once(desk: Desk, jti: str) -> None:
    await desk.admitted(desk.offer(desk.proof(claims={"jti": jti})))

    assert await desk.refused_proof(desk.proof(claims={"jti": jti})) == "proof.invalid:replayed"


async def test_the_same_proof_twice_is_a_replay(desk: Desk) -> None:
    offered = desk.offer()
    await desk.admitted(offered)

    assert await desk.refused(offered) == "proof.invalid:replayed"


async def test_a_used_identifier_is_refused_on_another_route_and_method_too(desk: Desk) -> None:
    await desk.admitted(desk.offer(desk.proof(claims={"jti": "used"})))
    elsewhere = desk.proof(
        claims={"jti": "used", "htm": "POST", "htu": "https://bff.example/elsewhere"}
    )

    refusal = await desk.refused(desk.offer(elsewhere, http_method="POST", path="/elsewhere"))

    assert refusal == "proof.invalid:replayed"


async def test_another_device_cannot_use_up_this_ones_identifiers(desk: Desk) -> None:
    attacker = elliptic_key()
    token = desk.issuer.token(desk.clock.epoch_seconds(), attacker.thumbprint)
    stolen = desk.proof(key=attacker, token=token, claims={"jti": "the victim's next"})
    await desk.admitted(desk.offer(stolen, authorization=f"DPoP {token}"))

    await desk.admitted(desk.offer(desk.proof(claims={"jti": "the victim's next"})))


async def test_a_refused_proof_is_not_used_up(desk: Desk) -> None:
    """All but the last check fail first; the same proof then still holds."""
    proof = desk.proof()
    for refused in (
        desk.offer(proof, device_id=None),
        desk.offer(proof, device_id="dev_01HZX8QJ5T9W2V4Y6B8D0F2H4Z"),
        desk.offer(proof, http_method="POST"),
        desk.offer(proof, path="/other"),
        desk.offer(proof, is_proof_repeated=True),
        desk.offer(proof, authorization=None),
    ):
        await desk.refused(refused)

    await desk.admitted(desk.offer(proof))


async def test_a_spent_quota_refuses_that_key_and_no_other(desk: Desk) -> None:
    await desk.admitted()
    desk.store.quota_per_key = 3
    await desk.admitted()
    await desk.admitted()
    other = elliptic_key()
    token = desk.issuer.token(desk.clock.epoch_seconds(), other.thumbprint)

    with pytest.raises(Exception, match=r"proof\.quota_spent"):
        await desk.admitted()
    await desk.admitted(
        desk.offer(desk.proof(key=other, token=token), authorization=f"DPoP {token}")
    )
