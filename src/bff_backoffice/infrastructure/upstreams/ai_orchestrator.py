"""ai-orchestrator-service: suggestions with tags and a provenance that is passed on unchanged."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.suggestions import OpenSuggestion
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.application.ports.upstreams import UpstreamFailure
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

AI_DIALECT: Final = Dialect(upstream="ai-orchestrator")
PAGE_SUGGESTIONS: Final = 100
_LINE_BREAKS_TO_SPACES: Final = bytes.maketrans(b"\r\n", b"  ")


class _Suggestion(msgspec.Struct, rename="camel"):
    id: str
    capability: str
    title: str
    provenance: msgspec.Raw
    confidence: float | None = None
    tags: list[str] = []


class _Suggestions(msgspec.Struct, rename="camel"):
    items: list[_Suggestion]


_SUGGESTIONS: Final = msgspec.json.Decoder(_Suggestions)


class AiOrchestratorGateway:
    """Implements Suggestions."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, AI_DIALECT)

    async def open_suggestions(
        self, scope: CallScope, *, profile: str | None
    ) -> tuple[OpenSuggestion, ...]:
        """Return the newest open suggestions; see Suggestions."""
        query = {
            "propertyId": AI_DIALECT.property_sent(scope),
            "state": "open",
            "limit": str(PAGE_SUGGESTIONS),
        }
        if profile is not None:
            query["complianceProfile"] = profile
        found = await self._reader.get(
            "/api/v1/ai/suggestions", _SUGGESTIONS, scope=scope, query=query
        )
        return tuple(
            OpenSuggestion(
                id=item.id,
                capability=item.capability,
                title=item.title,
                confidence=item.confidence,
                tags=tuple(item.tags),
                provenance=_one_line(item.provenance),
            )
            for item in found.items
        )


def _one_line(provenance: msgspec.Raw) -> bytes:
    """Return the block as it came, but for line breaks: ours is one JSON object a line.

    Inside a JSON text a raw line break is white space and nothing else (RFC 8259 §2). What is
    passed on unread is not checked by the decoder either, so its encoding is checked here.
    """
    text = bytes(provenance)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UpstreamFailure(upstream="ai-orchestrator", reason="malformed") from error
    return text.translate(_LINE_BREAKS_TO_SPACES)
