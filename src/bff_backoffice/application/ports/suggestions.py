"""Reading the AI orchestrator's open suggestions."""

from dataclasses import dataclass
from typing import Protocol

from bff_backoffice.application.ports.upstream_calls import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSuggestion:
    """A suggestion nobody has decided; `provenance` is the orchestrator's own JSON."""

    id: str
    capability: str
    title: str
    confidence: float | None
    tags: tuple[str, ...]
    provenance: bytes


class Suggestions(Protocol):
    """The orchestrator's suggestions, not yet checked against any compliance profile."""

    async def open_suggestions(
        self, scope: CallScope, *, profile: str | None
    ) -> tuple[OpenSuggestion, ...]:
        """Return what is open. Raises UpstreamFailure or NotFoundUpstream.

        The profile goes along; that its answer honours it is not relied on.
        """
        ...
