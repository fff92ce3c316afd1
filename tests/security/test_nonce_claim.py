"""Nonces of this service: stateless, bound to a key, demanded only after a loss (RFC 9449 §9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.access_desk import Desk, facts_at
from tests.tokens import elliptic_key

from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.signing.nonces import NONCE_LIFETIME_SECONDS, MacNonces
from bff_backoffice.security.errors import NonceDemanded

NOW = 1_773_480_413.5
KEY = "A" * 43


async def demanded_nonce(desk: Desk, proof: str) -> str:
    with pytest.raises(NonceDemanded) as demand:
        await desk.authenticate(desk.offer(proof), facts_at(desk.clock))
    return demand.value.nonce


async def desk_after_a_loss() -> Desk:
    desk = Desk()
    await desk.admitted()
    desk.store.lose_everything()
    desk.clock.advance(0.01)
    await demanded_nonce(desk, desk.proof())
    desk.clock.advance(0.01)
    return desk


@pytest.mark.parametrize("nonce", [None, "", " ", 1, True, [], {"a": 1}])
async def test_a_nonce_that_is_no_text_is_refused(desk: Desk, nonce: object) -> None:
    assert await desk.refused_proof(desk.proof(claims={"nonce": nonce})) == "proof.invalid:nonce"


async def test_a_nonce_nobody_asked_for_is_ignored(desk: Desk) -> None:
    await desk.admitted(desk.offer(desk.proof(claims={"nonce": "anything"})))


async def test_a_client_that_signs_with_the_nonce_is_let_in_at_once() -> None:
    desk = await desk_after_a_loss()
    nonce = await demanded_nonce(desk, desk.proof())

    await desk.admitted(desk.offer(desk.proof(claims={"nonce": nonce})))


async def test_a_forged_or_foreign_or_old_nonce_is_met_with_a_fresh_one() -> None:
    desk = await desk_after_a_loss()
    now = desk.clock.epoch_seconds()
    before_the_loss = desk.nonces.issue(desk.device_key.thumbprint, now - 1)
    foreign = desk.nonces.issue(elliptic_key().thumbprint, now)
    for nonce in ("forged", before_the_loss, foreign):
        contents = desk.store.contents()
        fresh = await demanded_nonce(desk, desk.proof(claims={"nonce": nonce}))
        assert fresh != nonce
        assert desk.store.contents() == contents


async def test_a_nonce_does_not_excuse_an_old_proof() -> None:
    desk = await desk_after_a_loss()
    nonce = await demanded_nonce(desk, desk.proof())
    old = desk.proof(claims={"nonce": nonce, "iat": int(desk.clock.epoch_seconds()) - 61})

    with pytest.raises(Exception, match=r"proof\.invalid"):
        await desk.admitted(desk.offer(old))


async def test_no_nonce_is_demanded_once_every_spent_proof_is_too_old() -> None:
    desk = await desk_after_a_loss()
    desk.clock.advance(11)

    await desk.admitted()


def nonces(secret: str = "k" * 43) -> MacNonces:
    return MacNonces(SecretText(secret))


def test_a_nonce_is_read_back_with_its_time_by_every_instance_with_the_secret() -> None:
    nonce = nonces().issue(KEY, NOW)

    assert nonces().issued_at(nonce, KEY, NOW + 1) == NOW


def test_a_nonce_has_only_characters_that_need_no_quoting() -> None:
    """RFC 9449 §8.1: NQCHAR."""
    for second in range(200):
        assert nonces().issue(KEY, NOW + second).replace("-", "").replace("_", "").isalnum()


def test_a_nonce_of_another_secret_or_key_or_time_is_none() -> None:
    nonce = nonces().issue(KEY, NOW)

    assert nonces("other" * 9).issued_at(nonce, KEY, NOW) is None
    assert nonces().issued_at(nonce, "B" * 43, NOW) is None
    assert nonces().issued_at(nonce, KEY, NOW + NONCE_LIFETIME_SECONDS) == NOW
    assert nonces().issued_at(nonce, KEY, NOW + NONCE_LIFETIME_SECONDS + 0.1) is None


@pytest.mark.parametrize(
    "nonce", ["", "x", "=" * 32, "\u00e9" * 32, "A" * 31, "A" * 33, "*" * 32, "A" * 31 + "="]
)
def test_a_text_that_is_no_nonce_is_none(nonce: str) -> None:
    assert nonces().issued_at(nonce, KEY, NOW) is None


@given(place=st.integers(0, 31), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_nonce_with_one_character_changed_is_none(place: int, character: str) -> None:
    nonce = nonces().issue(KEY, NOW)
    changed = nonce[:place] + character + nonce[place + 1 :]

    assert changed == nonce or nonces().issued_at(changed, KEY, NOW) is None
