"""Open suggestions, as far as the tenant's compliance profile lets them through."""

from typing import Final, Protocol

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.suggestions import OpenSuggestion, Suggestions
from bff_backoffice.application.ports.tenant_settings import TenantSettings
from bff_backoffice.application.ports.upstream_calls import CallScope, NotFoundUpstream
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.domain.compliance import UNKNOWN_PROFILE, is_let_through
from bff_backoffice.domain.dashboard_views import InsightLine, Insights

SHOWN_MAX: Final = 5


class SuggestionObserver(Protocol):
    """Hears what was kept back; for metrics."""

    def suggestions_withheld(self, count: int) -> None:
        """Take how many suggestions one answer lost to the profile."""
        ...


class SuggestionViewsSource:
    """Asks the orchestrator and checks every suggestion again: its own filter is not relied on."""

    def __init__(
        self, suggestions: Suggestions, settings: TenantSettings, observer: SuggestionObserver
    ) -> None:
        self._suggestions = suggestions
        self._settings = settings
        self._observer = observer

    async def __call__(self, scope: CallScope) -> Views:
        """Return the insights. Raises UpstreamFailure where the orchestrator gives nothing."""
        profile = await profile_in_force(self._settings, scope)
        found = await self._suggestions.open_suggestions(scope, profile=profile)
        shown = [item for item in found if is_let_through(item.tags, profile)]
        withheld = len(found) - len(shown)
        if withheld:
            self._observer.suggestions_withheld(withheld)
        return {
            "ai_insight": Insights(
                items=tuple(_line(item) for item in shown[:SHOWN_MAX]), withheld=withheld
            )
        }


async def profile_in_force(settings: TenantSettings, scope: CallScope) -> str | None:
    """Return the tenant's profile; not knowing it is not the same as having none."""
    try:
        return await settings.compliance_profile(scope)
    except (UpstreamFailure, NotFoundUpstream):
        return UNKNOWN_PROFILE


def _line(item: OpenSuggestion) -> InsightLine:
    return InsightLine(
        suggestion_id=item.id,
        capability=item.capability,
        title=item.title,
        provenance=msgspec.Raw(item.provenance),
        confidence=item.confidence,
    )
