"""What every sealing of cursors promises."""

import pytest
from tests.fakes.cursors import FakeCursors

from bff_backoffice.application.ports.cursors import Cursors
from bff_backoffice.foundation.secret_text import SecretText
from bff_backoffice.infrastructure.signing.cursors import CURSOR_CHARACTERS_MAX, MacCursors

PLACE = "2026-03-13 50 rsv_01HZX8QJ5T9W2V4Y6B8D0F2H4K"


def real() -> MacCursors:
    return MacCursors(SecretText("a key of thirty-two random octets"))


@pytest.fixture(params=[FakeCursors, real])
def cursors(request: pytest.FixtureRequest) -> Cursors:
    made: Cursors = request.param()
    return made


def test_a_cursor_opens_for_what_it_was_sealed_for(cursors: Cursors) -> None:
    sealed = cursors.seal(PLACE, bound_to="arrivals tnt_A prop_A")

    assert cursors.open(sealed, bound_to="arrivals tnt_A prop_A") == PLACE


@pytest.mark.parametrize(
    "other", ["arrivals tnt_B prop_A", "arrivals tnt_A prop_B", "departures tnt_A prop_A", ""]
)
def test_a_cursor_opens_for_nothing_else(cursors: Cursors, other: str) -> None:
    sealed = cursors.seal(PLACE, bound_to="arrivals tnt_A prop_A")

    assert cursors.open(sealed, bound_to=other) is None


@pytest.mark.parametrize("made_up", ["", "A", "AAAA", "é", "=" * 40, "%%%%", "A" * 2000])
def test_what_was_never_sealed_opens_nothing(cursors: Cursors, made_up: str) -> None:
    assert cursors.open(made_up, bound_to="arrivals tnt_A prop_A") is None


def test_a_changed_cursor_opens_nothing() -> None:
    sealed = real().seal(PLACE, bound_to="x")
    for index in range(len(sealed)):
        changed = sealed[:index] + ("A" if sealed[index] != "A" else "B") + sealed[index + 1 :]

        assert real().open(changed, bound_to="x") is None


def test_another_key_opens_nothing() -> None:
    sealed = MacCursors(SecretText("another key")).seal(PLACE, bound_to="x")

    assert real().open(sealed, bound_to="x") is None


def test_a_cursor_is_short_and_safe_in_a_url() -> None:
    sealed = real().seal(PLACE, bound_to="x")

    assert len(sealed) < CURSOR_CHARACTERS_MAX
    assert all(character.isalnum() or character in "-_" for character in sealed)
