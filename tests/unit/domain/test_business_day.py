from datetime import UTC, datetime

import pytest

from bff_backoffice.domain.business_day import BELIEVED_SECONDS_MAX, business_day
from bff_backoffice.domain.dashboard_views import PropertyDay

LATE_EVENING = datetime(2026, 3, 14, 21, 0, tzinfo=UTC)


def property_in(timezone: str) -> PropertyDay:
    return PropertyDay(
        property_id="prop_A",
        name="Kabul Garden",
        business_date="2026-03-13",
        timezone=timezone,
        currency="AFN",
        room_count=10,
    )


def test_the_property_s_own_day_is_neither_utc_nor_the_calendar() -> None:
    day = business_day(property_in("Asia/Kabul"), age_seconds=5, now=LATE_EVENING)

    assert (day.business_date, day.business_date_source) == ("2026-03-13", "property")


def test_a_day_told_too_long_ago_gives_way_to_today_at_the_property() -> None:
    day = business_day(
        property_in("Asia/Kabul"), age_seconds=BELIEVED_SECONDS_MAX + 1, now=LATE_EVENING
    )

    assert (day.business_date, day.business_date_source) == ("2026-03-15", "calendar")


@pytest.mark.parametrize("timezone", ["Nowhere/Atall", "../../etc/passwd", "", "\0"])
def test_a_time_zone_nobody_knows_is_utc(timezone: str) -> None:
    day = business_day(property_in(timezone), age_seconds=10**6, now=LATE_EVENING)

    assert (day.business_date, day.business_date_source) == ("2026-03-14", "calendar")


def test_a_property_never_heard_of_has_today_in_utc() -> None:
    day = business_day(None, age_seconds=0, now=LATE_EVENING)

    assert (day.business_date, day.business_date_source) == ("2026-03-14", "calendar")
