"""Labels that say who called: bounded, whatever callers there are."""

from dataclasses import replace

import pytest
from tests.fakes.mutation_path import principal

from bff_backoffice.foundation.identifiers import TenantId
from bff_backoffice.telemetry.caller_labels import TenantLabels, role_label


def test_the_first_tenants_keep_their_id_and_the_rest_share_one() -> None:
    labels = TenantLabels(labels_max=2)
    first, second, third = (principal(TenantId(f"tnt_{number}")) for number in range(3))

    assert [labels.label(each) for each in (first, second, third, first, third)] == [
        "tnt_0", "tnt_1", "other", "tnt_0", "other",
    ]  # fmt: skip


def test_a_caller_not_known_is_nobody_and_takes_no_place() -> None:
    labels = TenantLabels(labels_max=1)

    assert labels.label(None) == "none"
    assert labels.label(principal(TenantId("tnt_1"))) == "tnt_1"


@pytest.mark.parametrize(
    ("roles", "label"),
    [
        ({"owner"}, "owner"),
        ({"owner", "front_desk"}, "several"),
        ({"made-up by somebody"}, "other"),
        (set[str](), "none"),
    ],
)
def test_a_role_is_one_of_the_products(roles: set[str], label: str) -> None:
    assert role_label(replace(principal(), roles=frozenset(roles))) == label


def test_a_caller_not_known_has_no_role() -> None:
    assert role_label(None) == "none"
