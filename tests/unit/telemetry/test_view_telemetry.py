from io import StringIO

from prometheus_client import CollectorRegistry
from tests.fakes.manual_clock import ManualClock

from bff_backoffice.telemetry.log_events import LogEvents
from bff_backoffice.telemetry.view_telemetry import CacheTelemetry, DashboardTelemetry


def value_of(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_the_cache_is_counted_by_view() -> None:
    registry = CollectorRegistry()
    telemetry = CacheTelemetry(registry)
    telemetry.looked_up(view="dashboard.arrivals", is_hit=True)
    telemetry.looked_up(view="dashboard.arrivals", is_hit=False)
    telemetry.looked_up(view="dashboard.arrivals", is_hit=False)
    telemetry.followed(view="dashboard.arrivals")
    telemetry.shared_tier_failed()

    assert value_of(registry, "bff_backoffice_cache_hit_total", cache="dashboard.arrivals") == 1
    assert value_of(registry, "bff_backoffice_cache_miss_total", cache="dashboard.arrivals") == 2
    followers = "bff_backoffice_singleflight_followers_total"
    assert value_of(registry, followers, key_prefix="dashboard.arrivals") == 1
    assert value_of(registry, "bff_backoffice_cache_tier_failed_total") == 1


def test_what_a_dashboard_lacks_is_counted() -> None:
    registry = CollectorRegistry()
    telemetry = DashboardTelemetry(registry, LogEvents(ManualClock(), StringIO()))
    telemetry.first_line_ready(0.003)
    telemetry.widget_settled(kind="adr", state="fresh", reason=None)
    telemetry.widget_settled(kind="adr", state="stale", reason=None)
    telemetry.widget_settled(kind="adr", state="missing", reason="timeout")
    telemetry.suggestions_withheld(3)

    assert value_of(registry, "bff_backoffice_dashboard_partial_total") == 2
    widgets = "bff_backoffice_dashboard_widget_total"
    assert value_of(registry, widgets, widget="adr", state="missing", reason="timeout") == 1
    assert value_of(registry, "bff_backoffice_dashboard_first_line_seconds_count") == 1
    assert value_of(registry, "bff_backoffice_suggestion_withheld_total") == 3


def test_a_mistake_of_ours_is_logged_without_its_text() -> None:
    log = StringIO()
    telemetry = DashboardTelemetry(CollectorRegistry(), LogEvents(ManualClock(), log))
    telemetry.source_broke(source="arrivals", error=ValueError("Zahra Ahmadi"))

    assert '"event":"dashboard.source_broke"' in log.getvalue()
    assert '"errorType":"ValueError"' in log.getvalue()
    assert "Zahra" not in log.getvalue()
