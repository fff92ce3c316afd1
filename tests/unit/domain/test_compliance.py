import pytest

from bff_backoffice.domain.compliance import UNKNOWN_PROFILE, is_let_through


@pytest.mark.parametrize(
    ("tags", "profile", "shown"),
    [
        (("rates",), None, True),
        ((), None, True),
        (("rates", "alcohol"), None, True),
        (("rates", "never_heard_of"), None, False),
        (("rates",), "sharia", True),
        (("guest_care", "halal_food"), "sharia", True),
        (("rates", "alcohol"), "sharia", False),
        (("audit", "interest_bearing"), "sharia", False),
        (("rates", "never_heard_of"), "sharia", False),
        ((), "sharia", False),
        (("rates",), UNKNOWN_PROFILE, True),
        (("alcohol",), UNKNOWN_PROFILE, False),
        ((), UNKNOWN_PROFILE, False),
        (("rates",), "a profile of next year", True),
        (("alcohol",), "a profile of next year", False),
    ],
)
def test_what_a_profile_lets_through(
    tags: tuple[str, ...], profile: str | None, *, shown: bool
) -> None:
    assert is_let_through(tags, profile) is shown
