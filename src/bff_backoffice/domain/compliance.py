"""What a tenant's compliance profile lets through, whatever the model that suggested it says."""

from collections.abc import Iterable
from typing import Final

UNKNOWN_PROFILE: Final = "unknown"
"""Nobody could tell us the tenant's profile: the strictest one applies."""

NEUTRAL_TAGS: Final = frozenset(
    {
        "audit",
        "guest_care",
        "halal_food",
        "housekeeping",
        "inventory",
        "maintenance",
        "operations",
        "rates",
        "revenue",
        "staffing",
    }
)
"""Tags that break no profile."""

FORBIDDEN_TAGS: Final[dict[str, frozenset[str]]] = {
    "sharia": frozenset(
        {"adult", "alcohol", "gambling", "interest_bearing", "nightlife", "pork", "tobacco"}
    ),
}
"""What breaks which profile. A tag that stands in neither list is unknown to us."""


def is_let_through(tags: Iterable[str], profile: str | None) -> bool:
    """Tell whether something with these tags may be shown to a tenant of this profile.

    `None` is a tenant without a profile: tags known to be harmless or none at all pass, and so
    do those that only a profile forbids; an unknown tag never does. A profiled tenant, and one
    whose profile is unknown, is shown only what is tagged, all of it with neutral tags.
    """
    said = frozenset(tags)
    if profile is None:
        known = NEUTRAL_TAGS.union(*FORBIDDEN_TAGS.values())
        return said <= known
    return bool(said) and said <= NEUTRAL_TAGS
