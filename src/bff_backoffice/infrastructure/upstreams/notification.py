"""notification-service's staff feed: what this service calls alerts."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import AlertLine, Alerts
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

NOTIFICATION_DIALECT: Final = Dialect(upstream="notification")
ALERTS_SHOWN_MAX: Final = 10


class _Entry(msgspec.Struct, rename="camel"):
    id: str
    severity: str
    title: str
    raised_at: str


class _Feed(msgspec.Struct):
    items: list[_Entry]
    unread: int


_FEED: Final = msgspec.json.Decoder(_Feed)


class NotificationGateway:
    """The asking operator's alerts."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, NOTIFICATION_DIALECT)

    async def alert_views(self, scope: CallScope) -> Views:
        """Return the operator's unread alerts, newest first as the feed has them."""
        feed = await self._reader.get(
            "/api/v1/feed",
            _FEED,
            scope=scope,
            query={
                "recipientId": scope.asking_operator(),
                "unreadOnly": "true",
                "limit": str(ALERTS_SHOWN_MAX),
            },
        )
        return {
            "alerts": Alerts(
                unread=feed.unread,
                items=tuple(
                    AlertLine(
                        alert_id=entry.id,
                        severity=entry.severity,
                        title=entry.title,
                        raised_at=entry.raised_at,
                    )
                    for entry in feed.items[:ALERTS_SHOWN_MAX]
                ),
            )
        }
