"""How the proof is carried: one `DPoP` field of bounded length (RFC 9449 §4.1)."""

from dataclasses import replace

import pytest
from tests.access_desk import Desk

from bff_backoffice.security.dpop_proof import PROOF_CHARACTERS_MAX

SHAPE = "proof.invalid:shape"


async def test_a_request_without_a_proof_is_refused(desk: Desk) -> None:
    assert await desk.refused(desk.offer(None)) == "proof.invalid:missing"


async def test_an_empty_proof_is_refused(desk: Desk) -> None:
    assert await desk.refused(replace(desk.offer(), proof="")) == SHAPE


async def test_two_proof_fields_are_refused_even_when_both_hold(desk: Desk) -> None:
    assert await desk.refused(desk.offer(is_proof_repeated=True)) == "proof.invalid:repeated"


@pytest.mark.parametrize("pattern", ["{0},{0}", "{0}, {0}", "{0},", ",{0}", "{0} ,", "{0};{0}"])
async def test_a_list_in_one_field_is_refused(desk: Desk, pattern: str) -> None:
    assert await desk.refused_proof(pattern.format(desk.proof())) == SHAPE


@pytest.mark.parametrize("place", ["{1}{0}", "{0}{1}"])
@pytest.mark.parametrize("blank", [" ", "\t", "\r\n", "\x00", "\x7f", "\u00a0", "\u00ff", "\ud83d"])
async def test_blanks_and_foreign_characters_around_the_proof_are_refused(
    desk: Desk, place: str, blank: str
) -> None:
    """The HTTP layer has stripped what HTTP lets surround a value; this is what is left."""
    assert await desk.refused_proof(place.format(desk.proof(), blank)) == SHAPE


async def test_a_proof_of_exactly_the_longest_length_is_taken_and_one_more_is_not(
    desk: Desk,
) -> None:
    plain = len(desk.proof(claims={"pad": ""}))
    octets = (PROOF_CHARACTERS_MAX - plain) * 3 // 4
    proofs = [desk.proof(claims={"pad": "x" * (octets + extra)}) for extra in range(-2, 4)]
    longest = [proof for proof in proofs if len(proof) == PROOF_CHARACTERS_MAX]
    longer = [proof for proof in proofs if len(proof) > PROOF_CHARACTERS_MAX]

    for proof in longest:
        await desk.admitted(desk.offer(proof))
    assert longest
    for proof in longer:
        assert await desk.refused_proof(proof) == "proof.invalid:too_long"


async def test_an_oversized_proof_is_refused_before_it_is_decoded(desk: Desk) -> None:
    """It is not even base64: the length speaks first."""
    assert await desk.refused_proof("." * 10_000_000) == "proof.invalid:too_long"
