"""Sealed bytes open for the same context and key, and for nothing else."""

import pytest

from bff_backoffice.application.ports.stored_answer_cipher import SealBroken
from bff_backoffice.infrastructure.signing.stored_answer_cipher import AesGcmStoredAnswerCipher

OLD, NEW = b"o" * 32, b"n" * 32
ANSWER = b'{"reservation": {"guest": "Ahmad Wali"}}'


def test_what_is_sealed_opens_byte_for_byte() -> None:
    cipher = AesGcmStoredAnswerCipher((NEW,))

    sealed = cipher.seal(ANSWER, context=b"here")

    assert cipher.open(sealed, context=b"here") == ANSWER
    assert b"Ahmad" not in sealed


def test_the_same_answer_is_never_sealed_the_same_way_twice() -> None:
    cipher = AesGcmStoredAnswerCipher((NEW,))

    assert cipher.seal(ANSWER, context=b"") != cipher.seal(ANSWER, context=b"")


def test_an_answer_does_not_open_in_another_context() -> None:
    cipher = AesGcmStoredAnswerCipher((NEW,))
    sealed = cipher.seal(ANSWER, context=b"tnt_1|opr_1|key")

    with pytest.raises(SealBroken):
        cipher.open(sealed, context=b"tnt_2|opr_1|key")


@pytest.mark.parametrize("place", [0, 2, 8, 20, -1])
def test_a_changed_byte_anywhere_breaks_the_seal(place: int) -> None:
    cipher = AesGcmStoredAnswerCipher((NEW,))
    sealed = bytearray(cipher.seal(ANSWER, context=b""))
    sealed[place] ^= 1

    with pytest.raises(SealBroken):
        cipher.open(bytes(sealed), context=b"")


@pytest.mark.parametrize("length", [0, 1, 5, 17, 30])
def test_a_shortened_seal_is_broken(length: int) -> None:
    cipher = AesGcmStoredAnswerCipher((NEW,))

    with pytest.raises(SealBroken):
        cipher.open(cipher.seal(ANSWER, context=b"")[:length], context=b"")


def test_an_older_key_still_opens_and_the_newest_one_seals() -> None:
    before, after = AesGcmStoredAnswerCipher((OLD,)), AesGcmStoredAnswerCipher((NEW, OLD))

    assert after.open(before.seal(ANSWER, context=b""), context=b"") == ANSWER
    with pytest.raises(SealBroken):
        before.open(after.seal(ANSWER, context=b""), context=b"")


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"x" * 33)])
def test_a_key_that_is_none_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AesGcmStoredAnswerCipher(keys)
