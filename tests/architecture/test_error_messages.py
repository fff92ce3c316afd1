"""Whatever the service refuses, a person can read why, in each of the five languages."""

import re
import unicodedata
from pathlib import Path
from typing import Final

import msgspec
import pytest

from bff_backoffice.presentation.problem_advice import CLIENT_ADVICE
from bff_backoffice.presentation.problems import PROBLEMS

PACKAGE: Final = Path(__file__).parents[2] / "packages/error-messages"
DIRECTIONS: Final = {"en": "ltr", "fr": "ltr", "ar": "rtl", "fa-AF": "rtl", "ps": "rtl"}
RIGHT_TO_LEFT: Final = [tag for tag, direction in DIRECTIONS.items() if direction == "rtl"]

PRODUCT_WORDS: Final[frozenset[str]] = frozenset()
"""Latin words that a right-to-left sentence may hold. None does so far."""

OTHERS_LETTERS: Final = {"ar": "کیپچژگۀېۍټډړڼښځڅږګ", "fa-AF": "كيةېۍټډړڼښځڅږګ", "ps": "كةگىۀ"}
"""Letters that look right and belong to a neighbour: Arabic kaf in Dari, Persian gaf in Pashto."""

LETTERS_OF_ITS_OWN: Final = {"ar": "ةأإ", "fa-AF": "گپچ", "ps": "ېښځټړګ"}

_PLACEHOLDER: Final = re.compile(r"[{}<>%$]|\bTODO\b|\bTBD\b|lorem", re.IGNORECASE)
_JARGON: Final = re.compile(
    r"\b(DPoP|nonce|token|idempotency|upstream|header|JSON|HTTP|API|server|client id|\d{3})\b",
    re.IGNORECASE,
)
_ENDS: Final = (".", "!", "?", "؟")


def sentences(tag: str) -> dict[str, str]:
    return msgspec.json.decode((PACKAGE / f"{tag}.json").read_bytes(), type=dict[str, str])


def test_each_language_says_how_it_is_called_and_written() -> None:
    languages = msgspec.json.decode(
        (PACKAGE / "languages.json").read_bytes(), type=dict[str, dict[str, str]]
    )

    assert {tag: language["direction"] for tag, language in languages.items()} == DIRECTIONS
    assert all(language["name"].strip() for language in languages.values())


@pytest.mark.parametrize("tag", DIRECTIONS)
def test_every_refusal_has_its_sentence_and_no_sentence_is_left_over(tag: str) -> None:
    keys = {problem.user_message_key for problem in PROBLEMS.values()}

    assert sentences(tag).keys() == keys


@pytest.mark.parametrize("tag", DIRECTIONS)
def test_no_key_is_written_twice(tag: str) -> None:
    keys = re.findall(r'^  "([^"]+)": ', (PACKAGE / f"{tag}.json").read_text("utf-8"), re.MULTILINE)

    assert len(keys) == len(set(keys)) == len(sentences(tag))


@pytest.mark.parametrize("tag", DIRECTIONS)
def test_every_sentence_is_whole_and_plain(tag: str) -> None:
    for key, sentence in sentences(tag).items():
        assert sentence == sentence.strip(), key
        assert sentence.endswith(_ENDS), key
        assert len(sentence) <= 200, key
        assert sentence == unicodedata.normalize("NFC", sentence), key
        assert not _PLACEHOLDER.search(sentence), key
        assert not _JARGON.search(sentence), key


@pytest.mark.parametrize("tag", DIRECTIONS)
def test_every_sentence_also_says_what_to_do_next(tag: str) -> None:
    for key, sentence in sentences(tag).items():
        assert len(re.findall(r"[.؟?](?:\s|$)", sentence)) >= 2, key


@pytest.mark.parametrize("tag", DIRECTIONS.keys() - {"en"})
def test_no_sentence_is_left_in_english(tag: str) -> None:
    english = sentences("en")

    assert [key for key, sentence in sentences(tag).items() if sentence == english[key]] == []


@pytest.mark.parametrize("tag", RIGHT_TO_LEFT)
def test_right_to_left_sentences_have_no_latin_words_but_the_product_s(tag: str) -> None:
    for key, sentence in sentences(tag).items():
        assert set(re.findall(r"[A-Za-zÀ-ɏ]+", sentence)) <= PRODUCT_WORDS, key


@pytest.mark.parametrize("tag", RIGHT_TO_LEFT)
def test_right_to_left_sentences_use_their_own_letters_and_punctuation(tag: str) -> None:
    text = "".join(sentences(tag).values())

    assert set(OTHERS_LETTERS[tag]) & set(text) == set()
    assert set(LETTERS_OF_ITS_OWN[tag]) <= set(text)
    assert set(",;?") & set(text) == set()


def test_every_wire_code_tells_its_client_what_to_do() -> None:
    assert CLIENT_ADVICE.keys() == {problem.wire_code for problem in PROBLEMS.values()}
