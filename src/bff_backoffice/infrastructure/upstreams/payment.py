"""payment-gateway-service: canonical errors, money as ours."""

from typing import Final

import msgspec

from bff_backoffice.application.ports.dashboard_sources import Views
from bff_backoffice.application.ports.upstream_calls import CallScope
from bff_backoffice.domain.dashboard_views import PaymentsPending
from bff_backoffice.domain.money import Money
from bff_backoffice.infrastructure.upstreams.dialect import Dialect, Reader
from bff_backoffice.infrastructure.upstreams.http_client import UpstreamHttpClient

PAYMENT_DIALECT: Final = Dialect(upstream="payment")


class _Counted(msgspec.Struct):
    count: int
    total: Money | None = None


class _Summary(msgspec.Struct):
    pending: _Counted


_SUMMARY: Final = msgspec.json.Decoder(_Summary)


class PaymentGateway:
    """The day's payments, counted."""

    def __init__(self, client: UpstreamHttpClient) -> None:
        self._reader = Reader(client, PAYMENT_DIALECT)

    async def pending_views(self, scope: CallScope) -> Views:
        """Return what is neither taken nor refused yet."""
        summary = await self._reader.get(
            "/api/v1/payments/summary",
            _SUMMARY,
            scope=scope,
            query={"propertyId": PAYMENT_DIALECT.property_sent(scope)},
        )
        return {
            "payments_pending": PaymentsPending(
                count=summary.pending.count, total=summary.pending.total
            )
        }
