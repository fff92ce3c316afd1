import re
from pathlib import Path

import pytest

from bff_backoffice.domain.dashboard import WIDGETS, widgets_for

ROLE_LETTERS = {
    "FD": "front_desk",
    "HL": "housekeeping_lead",
    "HK": "housekeeper",
    "MT": "maintenance_tech",
    "FB": "fnb_manager",
    "GM": "general_manager",
    "OW": "owner",
}
PAGE = Path(__file__).parents[3] / "docs" / "dashboard_widgets.md"


@pytest.mark.parametrize(("role", "least"), [("front_desk", 12), ("general_manager", 12)])
def test_the_great_roles_have_a_dozen_widgets(role: str, least: int) -> None:
    assert len(widgets_for(frozenset({role}))) >= least


@pytest.mark.parametrize("role", ROLE_LETTERS.values())
def test_every_role_has_a_dashboard(role: str) -> None:
    assert len(widgets_for(frozenset({role}))) >= 4


def test_several_roles_see_the_union_in_the_table_s_order() -> None:
    both = widgets_for(frozenset({"front_desk", "housekeeper"}))

    assert list(both) == [
        widget for widget in WIDGETS if widget.roles & {"front_desk", "housekeeper"}
    ]


def test_a_role_nobody_knows_sees_nothing() -> None:
    assert widgets_for(frozenset({"guest"})) == ()


def test_the_page_for_readers_says_what_the_table_says() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([A-Z ]+|all) \|", PAGE.read_text(), re.MULTILINE)
    told = {
        kind: (
            audience,
            frozenset(
                ROLE_LETTERS.values()
                if letters == "all"
                else (ROLE_LETTERS[letter] for letter in letters.split())
            ),
        )
        for kind, audience, letters in rows
    }

    assert told == {widget.kind: (widget.audience, widget.roles) for widget in WIDGETS}
